using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using StoryPortal.ServiceDefaults;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// The statement that patches one row. The statement locks the row before it merges and measures JSON documents, so that
/// concurrent patches of one row run in sequence. A patch that makes documents smaller is accepted at any size. A patch that changes nothing
/// writes nothing.
/// </summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <typeparam name="TPatch">What changes.</typeparam>
internal sealed partial class PatchStatement<TEntity, TPatch> where TEntity : class where TPatch : class
{
    private readonly List<Func<TPatch, NpgsqlParameter>> _values = [];
    private readonly ColumnMap<TEntity> _map;

    internal PatchStatement(ColumnMap<TEntity> map, IReadOnlyList<MappedColumn<TEntity>> columns)
    {
        _map = map;
        var key = columns.Single(column => column.IsKey);
        var patched = columns
            .Where(column => column.Conflict == OnConflict.Replace && typeof(TPatch).GetProperty(column.Property.Name) is not null).ToList();
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in patched)
        {
            var property = typeof(TPatch).GetProperty(column.Property.Name)!;
            _values.Add((Func<TPatch, NpgsqlParameter>)ValueOf.MakeGenericMethod(property.PropertyType).Invoke(null, [property])!);
            parameters[column.Name] = $"${_values.Count + 1}";
        }

        var (now, max) = ($"${_values.Count + 2}", $"${_values.Count + 3}");
        var documents = patched.Where(column => column.Type.DbType == NpgsqlDbType.Jsonb).Select(column => column.Name).ToList();
        string NewValue(string name) => documents.Contains(name) ? $"m.{name}" : $"coalesce({parameters[name]}, t.{name})";
        string Size(string prefix) => string.Join(" + ", documents.Select(name => $"octet_length({prefix}{name}::text)"));
        var set = patched.Select(column => (column.Name, Value: NewValue(column.Name)))
            .Concat(columns.Where(column => column.Conflict == OnConflict.Follow).Select(column => (column.Name, Value: column.InPatch is { } text
                ? Placeholder().Replace(text, name => name.Groups[1].Value == "now" ? now : NewValue(name.Groups[1].Value))
                : now)));
        Sql = $"""
            WITH locked AS (
                SELECT {key.Name}, {string.Join(", ", documents.Select(name =>
                    $"{name} AS old_{name}, mcp_documents.json_merge_patch({name}, coalesce({parameters[name]}, '{{}}'::jsonb)) AS {name}"))}
                FROM {map.Table} WHERE {key.Name} = $1 FOR NO KEY UPDATE),
            merged AS (
                SELECT *, {Size("")} > {max} AND {Size("")} > {Size("old_")} AS is_too_large FROM locked),
            patched AS (
                UPDATE {map.Table} t SET {string.Join(", ", set.Select(column => $"{column.Name} = {column.Value}"))}
                FROM merged m
                WHERE t.{key.Name} = m.{key.Name} AND NOT m.is_too_large
                    AND ({string.Join(", ", patched.Select(column => $"t.{column.Name}"))})
                        IS DISTINCT FROM ({string.Join(", ", patched.Select(column => NewValue(column.Name)))})
                RETURNING t.*)
            SELECT {map.ListOf("p")}, m.is_too_large FROM merged m LEFT JOIN patched p ON true
            """;
    }

    private static MethodInfo ValueOf { get; } =
        typeof(PatchStatement<TEntity, TPatch>).GetMethod(nameof(ReadValue), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>The text.</summary>
    public string Sql { get; }

    /// <summary>The parameters of one patch.</summary>
    /// <param name="key">The key of the row.</param>
    /// <param name="patch">What changes.</param>
    /// <param name="now">The time of the change.</param>
    public NpgsqlParameter[] ToParameters(NpgsqlParameter key, TPatch patch, DateTimeOffset now) =>
        [key, .. _values.Select(value => value(patch)), Database.Sql.Time(now), Database.Sql.Int(BodyLimits.Document)];

    /// <summary>Reads the result.</summary>
    public MergeResult<TEntity> Read(NpgsqlDataReader row) => new(row.IsDBNull(0) ? null : _map.Read(row), row.GetBoolean(_map.Count));

    private static Func<TPatch, NpgsqlParameter> ReadValue<T>(PropertyInfo property)
    {
        var (get, type) = (property.GetMethod!.CreateDelegate<Func<TPatch, T>>(), PgType.Get<T>());
        return patch => type.ToParameter(get(patch));
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();
}
