using Npgsql;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Models;

/// <summary>Model configs in Postgres. What a write changes is invalidated in every cache before it ends.</summary>
public sealed class ModelConfigStore(StoryDatabase database, StoryCache cache)
{
    private const string Columns = "id, provider, model, parameters, enabled, updated_at";
    private const int After = 0;

    private static readonly FilteredQuery ListQuery = new("models.list", QueryClass.Simple,
        $"SELECT {Columns} FROM mcp_documents.model_configs {{where}} ORDER BY id LIMIT ?", "id > ?");

    private static readonly Query GetQuery = new("models.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.model_configs WHERE id = $1");

    private static readonly Query LockQuery = new("models.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Columns} FROM mcp_documents.model_configs WHERE id = $1 FOR UPDATE");

    // The condition keeps updated_at as it is when nothing changes; a row that this statement inserted has no older version: xmax is 0.
    private static readonly Query UpsertQuery = new("models.upsert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.model_configs ({Columns}) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET
            provider = excluded.provider, model = excluded.model, parameters = excluded.parameters, enabled = excluded.enabled, updated_at = excluded.updated_at
        WHERE (model_configs.provider, model_configs.model, model_configs.parameters, model_configs.enabled)
            IS DISTINCT FROM (excluded.provider, excluded.model, excluded.parameters, excluded.enabled)
        RETURNING {Columns}, xmax = 0 AS created
        """);

    /// <summary>One page of model configs, by id.</summary>
    public IAsyncEnumerable<ModelConfig> ListAsync(NameCursor? after, int limit, CancellationToken cancellationToken) =>
        database.RowsAsync(ListQuery.Filter().When(After, after?.Name).Then(Sql.Int(limit)), Read, cancellationToken);

    /// <summary>One model config, or null.</summary>
    public Task<ModelConfig?> GetAsync(string id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Text(id)], Read, cancellationToken);

    /// <summary>One model config, or null; its row is locked until the end of the current transaction.</summary>
    public Task<ModelConfig?> LockAsync(string id, CancellationToken cancellationToken) =>
        database.FirstAsync(LockQuery, [Sql.Text(id)], Read, cancellationToken);

    /// <summary>Stores a model config in place of what was there; returns it as it is now, and whether it is new.</summary>
    public Task<(ModelConfig Config, bool Created)> UpsertAsync(ModelConfig config, CancellationToken cancellationToken) => Upsert.StoreAsync(
        () => cache.InvalidateAfterAsync(
            database.ListAsync(UpsertQuery, Parameters(config), row => (Read(row), row.GetBoolean(6)), cancellationToken), rows => rows.Count > 0, CacheTag.Models),
        () => GetAsync(config.Id, cancellationToken));

    private static NpgsqlParameter[] Parameters(ModelConfig config) =>
    [
        Sql.Text(config.Id), Sql.Text(config.Provider), Sql.Text(config.Model), Sql.Json(config.Parameters), Sql.Bool(config.Enabled), Sql.Time(config.UpdatedAt),
    ];

    private static ModelConfig Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        Provider = row.GetString(1),
        Model = row.GetString(2),
        Parameters = row.GetJson(3),
        Enabled = row.GetBoolean(4),
        UpdatedAt = row.GetTime(5),
    };
}
