using System.Linq.Expressions;
using System.Reflection;
using Npgsql;
using NpgsqlTypes;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// Maps an entity to its table and columns. The SQL, COPY and readers of the store are made from the map. A column has the name of its
/// property in snake case.
/// </summary>
/// <typeparam name="TEntity">The entity: a class with settable properties.</typeparam>
internal sealed class ColumnMap<TEntity> where TEntity : class
{
    private readonly List<MappedColumn<TEntity>> _columns = [];
    private readonly string _table;
    private readonly Lazy<Func<NpgsqlDataReader, int, TEntity>> _read;

    /// <summary>A map without columns.</summary>
    /// <param name="table">The table, of the schema <c>mcp_documents</c>.</param>
    public ColumnMap(string table)
    {
        _table = table;
        _read = new(CompileRead);
    }

    /// <summary>The table with its schema.</summary>
    public string Table => $"mcp_documents.{_table}";

    /// <summary>Number of columns.</summary>
    public int Count => _columns.Count;

    /// <summary>The columns, for a select list.</summary>
    public string List => string.Join(", ", _columns.Select(column => column.Name));

    /// <summary><c>INSERT INTO … VALUES …</c> with <see cref="ToParameters"/>.</summary>
    public string InsertInto =>
        $"INSERT INTO {Table} ({List}) VALUES ({string.Join(", ", Enumerable.Range(1, Count).Select(i => $"${i}"))})";

    /// <summary><c>INSERT INTO …</c> of many rows, with <see cref="ToColumnParameters"/>.</summary>
    public string InsertManyInto => $"""
        INSERT INTO {Table} ({List}) SELECT * FROM unnest({string.Join(", ", _columns.Select((column, i) => $"${i + 1}::{column.Type.Name}[]"))})
        """;

    /// <summary>
    /// <c>ON CONFLICT … DO UPDATE</c>: the new row replaces the stored one, unless they are equal. Then nothing is written, so that the time
    /// of the last change stays.
    /// </summary>
    public string OnConflictUpdate
    {
        get
        {
            var (updated, compared) = (_columns.Where(column => column.Conflict != OnConflict.Keep), Compared.ToList());
            return $"""
                ON CONFLICT ({KeyList}) DO UPDATE SET
                    {string.Join(", ", updated.Select(column => $"{column.Name} = {column.InUpsert ?? $"excluded.{column.Name}"}"))}
                WHERE ({string.Join(", ", compared.Select(column => $"{_table}.{column.Name}"))})
                    IS DISTINCT FROM ({string.Join(", ", compared.Select(column => $"excluded.{column.Name}"))})
                """;
        }
    }

    /// <summary>Name of the temporary table of batches.</summary>
    public string Staging => $"{_table}_staging";

    /// <summary>Creates <see cref="Staging"/> if the connection has none yet; its rows are deleted at the end of the transaction.</summary>
    public string CreateStaging => $"""
        CREATE TEMP TABLE IF NOT EXISTS {Staging} ({string.Join(", ", _columns.Select(column => $"{column.Name} {column.Type.Name}"))})
        ON COMMIT DELETE ROWS
        """;

    /// <summary>Binary COPY into <see cref="Staging"/>, with <see cref="WriteAsync"/>.</summary>
    public string CopyIntoStaging => $"COPY {Staging} ({List}) FROM STDIN (FORMAT binary)";

    /// <summary>Binary COPY into the table, with <see cref="WriteAsync"/>.</summary>
    public string CopyIntoTable => $"COPY {Table} ({List}) FROM STDIN (FORMAT binary)";

    /// <summary>Moves the rows of <see cref="Staging"/> into the table, but those whose key is there already; returns how many were new.</summary>
    public string InsertStaged => $"""
        WITH stored AS (INSERT INTO {Table} ({List}) SELECT {List} FROM {Staging} ON CONFLICT ({KeyList}) DO NOTHING RETURNING 1)
        SELECT count(*)::int FROM stored
        """;

    private string KeyList => string.Join(", ", _columns.Where(column => column.IsKey).Select(column => column.Name));

    private IEnumerable<MappedColumn<TEntity>> Compared => _columns.Where(column => column.Conflict == OnConflict.Replace);

    /// <summary>Adds a column of the key, which never changes.</summary>
    public ColumnMap<TEntity> Key<T>(Expression<Func<TEntity, T>> property) => Add(property, OnConflict.Keep, isKey: true);

    /// <summary>Adds a column.</summary>
    /// <param name="property">The property that it stores.</param>
    /// <param name="conflict">What happens to it when a row is replaced.</param>
    /// <param name="inUpsert">Its value when a row is replaced, where that is not the new row's.</param>
    /// <param name="inPatch">Its value when a row is patched, with <c>{name}</c> for the new value of a column; null: the time of the patch.</param>
    /// <param name="type">Its type, where that does not follow from the property's.</param>
    public ColumnMap<TEntity> Column<T>(
        Expression<Func<TEntity, T>> property, OnConflict conflict = OnConflict.Replace, string? inUpsert = null, string? inPatch = null,
        PgType<T>? type = null) =>
        Add(property, conflict, inUpsert: inUpsert, inPatch: inPatch, type: type);

    /// <summary>The columns of <paramref name="alias"/>.</summary>
    public string ListOf(string alias) => string.Join(", ", _columns.Select(column => $"{alias}.{column.Name}"));

    /// <summary>The columns of <paramref name="alias"/>, JSON documents only where <paramref name="condition"/> holds.</summary>
    public string ListOf(string alias, string condition) => string.Join(", ", _columns.Select(column =>
        column.Type.DbType == NpgsqlDbType.Jsonb ? $"CASE WHEN {condition} THEN {alias}.{column.Name} END" : $"{alias}.{column.Name}"));

    /// <summary>The values of an entity.</summary>
    public NpgsqlParameter[] ToParameters(TEntity entity) => [.. _columns.Select(column => column.ToParameter(entity))];

    /// <summary>The values of many entities, an array for each column.</summary>
    public NpgsqlParameter[] ToColumnParameters(IReadOnlyList<TEntity> entities) => [.. _columns.Select(column => column.ToParameter(entities))];

    /// <summary>Writes an entity as the next row of a COPY.</summary>
    public async Task WriteAsync(NpgsqlBinaryImporter copy, TEntity entity, CancellationToken cancellationToken)
    {
        foreach (var column in _columns)
        {
            await column.WriteAsync(copy, entity, cancellationToken);
        }
    }

    /// <summary>Reads an entity from a row that begins with <see cref="List"/>.</summary>
    public TEntity Read(NpgsqlDataReader row) => _read.Value(row, 0);

    /// <summary>Reads an entity from a row that has <see cref="List"/> from column <paramref name="first"/> on.</summary>
    public TEntity Read(NpgsqlDataReader row, int first) => _read.Value(row, first);

    /// <summary>How patches change a row: those columns that <typeparamref name="TPatch"/> has properties for.</summary>
    /// <typeparam name="TPatch">What changes; null leaves a column as it is, and a JSON document is merged (RFC 7396).</typeparam>
    public PatchStatement<TEntity, TPatch> Patch<TPatch>() where TPatch : class => new(this, _columns);

    private ColumnMap<TEntity> Add<T>(
        Expression<Func<TEntity, T>> property, OnConflict conflict, bool isKey = false, string? inUpsert = null, string? inPatch = null,
        PgType<T>? type = null)
    {
        var member = (PropertyInfo)((MemberExpression)property.Body).Member;
        _columns.Add(new MappedColumn<TEntity, T>(member, property.Compile(), conflict, type ?? PgType.Get<T>())
        {
            IsKey = isKey,
            InUpsert = inUpsert,
            InPatch = inPatch,
        });
        return this;
    }

    private Func<NpgsqlDataReader, int, TEntity> CompileRead()
    {
        var (row, first) = (Expression.Parameter(typeof(NpgsqlDataReader)), Expression.Parameter(typeof(int)));
        var values = _columns.Select((column, i) => (column, i)).Where(pair => pair.column.Property.CanWrite).Select(pair => Expression.Bind(
            pair.column.Property,
            Expression.Call(
                Expression.Constant(pair.column.Type), nameof(PgType<>.Read), null, row, Expression.Add(first, Expression.Constant(pair.i)))));
        return Expression.Lambda<Func<NpgsqlDataReader, int, TEntity>>(Expression.MemberInit(Expression.New(typeof(TEntity)), values), row, first).Compile();
    }
}

/// <summary>What happens to a column when its row is replaced or patched.</summary>
internal enum OnConflict
{
    /// <summary>The new value replaces the stored one; a row in which all such columns are equal is not written.</summary>
    Replace,

    /// <summary>As the row is written for other reasons, the new value replaces the stored one: the time of a change.</summary>
    Follow,

    /// <summary>The stored value stays.</summary>
    Keep,
}
