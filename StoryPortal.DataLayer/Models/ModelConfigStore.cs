using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Models;

/// <summary>Model configs in Postgres. What a write changes is invalidated in every cache before it ends.</summary>
public sealed class ModelConfigStore(StoryDatabase database, StoryCache cache)
{
    private const int After = 0;

    private static readonly ColumnMap<ModelConfig> Map = ModelConfig.Map;

    private static readonly FilteredQuery ListQuery = new("models.list", QueryClass.Simple,
        $"SELECT {Map.List} FROM {Map.Table} {{where}} ORDER BY id LIMIT ?", "id > ?");

    private static readonly Query GetQuery = new("models.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Map.List} FROM {Map.Table} WHERE id = $1");

    private static readonly Query LockQuery = new("models.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Map.List} FROM {Map.Table} WHERE id = $1 FOR UPDATE");

    // A row that this statement inserted has no older version: xmax is 0.
    private static readonly Query UpsertQuery = new("models.upsert", QueryClass.Simple, QueryAccess.Write,
        $"{Map.InsertInto} {Map.OnConflictUpdate} RETURNING {Map.List}, xmax = 0 AS created");

    /// <summary>One page of model configs, by id.</summary>
    public IAsyncEnumerable<ModelConfig> ListAsync(NameCursor? after, int limit, CancellationToken cancellationToken) =>
        database.RowsAsync(ListQuery.Filter().When(After, after?.Name).Then(Sql.Int(limit)), Map.Read, cancellationToken);

    /// <summary>One model config, or null.</summary>
    public Task<ModelConfig?> GetAsync(string id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Text(id)], Map.Read, cancellationToken);

    /// <summary>One model config, or null; its row is locked until the end of the current transaction.</summary>
    public Task<ModelConfig?> LockAsync(string id, CancellationToken cancellationToken) =>
        database.FirstAsync(LockQuery, [Sql.Text(id)], Map.Read, cancellationToken);

    /// <summary>Stores a model config in place of what was there; returns it as it is now, and whether it is new.</summary>
    public Task<(ModelConfig Config, bool Created)> UpsertAsync(ModelConfig config, CancellationToken cancellationToken) => Upsert.StoreAsync(
        () => cache.InvalidateAfterAsync(
            database.ListAsync(UpsertQuery, Map.ToParameters(config), row => (Map.Read(row), row.GetBoolean(Map.Count)), cancellationToken), rows => rows.Count > 0, CacheTag.Models),
        () => GetAsync(config.Id, cancellationToken));
}
