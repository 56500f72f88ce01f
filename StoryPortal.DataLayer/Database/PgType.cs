using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Database;

/// <summary>How values of a .NET type are stored in Postgres.</summary>
internal abstract class PgType(string name, NpgsqlDbType dbType)
{
    private static readonly PgType[] Known =
    [
        .. Both<Guid, Guid>("uuid", NpgsqlDbType.Uuid, value => value, (row, i) => row.GetGuid(i)),
        .. Both<bool, bool>("boolean", NpgsqlDbType.Boolean, value => value, (row, i) => row.GetBoolean(i)),
        .. Both<int, int>("integer", NpgsqlDbType.Integer, value => value, (row, i) => row.GetInt32(i)),
        .. Both<long, long>("bigint", NpgsqlDbType.Bigint, value => value, (row, i) => row.GetInt64(i)),
        .. Both<double, double>("double precision", NpgsqlDbType.Double, value => value, (row, i) => row.GetDouble(i)),
        .. Both<DateTimeOffset, DateTime>("timestamptz", NpgsqlDbType.TimestampTz, value => value.UtcDateTime, (row, i) => row.GetTime(i)),
        .. Both<RawJson, ReadOnlyMemory<byte>>("jsonb", NpgsqlDbType.Jsonb, value => value.Utf8, (row, i) => row.GetJson(i)),
        new PgType<string, string>("text", NpgsqlDbType.Text, value => value, (row, i) => row.GetString(i)),
    ];

    /// <summary>Postgres' name of the type.</summary>
    public string Name => name;

    /// <summary>Npgsql's name of the type.</summary>
    public NpgsqlDbType DbType => dbType;

    /// <summary>The .NET type.</summary>
    public abstract Type Type { get; }

    /// <summary>The type of values of <typeparamref name="T"/>; an enum is stored by the names that the API has.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static PgType<T> Get<T>()
    {
        var @enum = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return (PgType<T>)(@enum.IsEnum
            ? Activator.CreateInstance((@enum == typeof(T) ? typeof(EnumPgType<>) : typeof(NullableEnumPgType<>)).MakeGenericType(@enum))!
            : Array.Find(Known, known => known.Type == typeof(T))
                ?? throw new NotSupportedException($"No column can hold {typeof(T)}: add it to {nameof(PgType)}."));
    }

    private static PgType[] Both<T, TStored>(string name, NpgsqlDbType dbType, Func<T, TStored> toStored, Func<NpgsqlDataReader, int, T> read)
        where T : struct where TStored : struct =>
    [
        new PgType<T, TStored>(name, dbType, toStored, read),
        new PgType<T?, TStored?>(name, dbType, value => value is { } present ? toStored(present) : null, (row, i) => read(row, i)),
    ];
}

/// <summary>How values of <typeparamref name="T"/> are stored in Postgres.</summary>
internal abstract class PgType<T>(string name, NpgsqlDbType dbType) : PgType(name, dbType)
{
    /// <inheritdoc/>
    public override Type Type => typeof(T);

    /// <summary>A parameter with the value.</summary>
    public abstract NpgsqlParameter ToParameter(T value);

    /// <summary>A parameter with the values of many rows, for <c>unnest</c>.</summary>
    public abstract NpgsqlParameter ToParameter<TRow>(IReadOnlyList<TRow> rows, Func<TRow, T> value);

    /// <summary>Writes the value as the next column of a COPY.</summary>
    public abstract Task WriteAsync(NpgsqlBinaryImporter copy, T value, CancellationToken cancellationToken);

    /// <summary>Reads a column; null where the column is null and <typeparamref name="T"/> can be.</summary>
    public abstract T Read(NpgsqlDataReader row, int column);
}

/// <summary>Values of <typeparamref name="T"/> that Npgsql takes as <typeparamref name="TStored"/>.</summary>
internal class PgType<T, TStored>(string name, NpgsqlDbType dbType, Func<T, TStored> toStored, Func<NpgsqlDataReader, int, T> read)
    : PgType<T>(name, dbType)
{
    public override NpgsqlParameter ToParameter(T value) =>
        new() { Value = value is null ? DBNull.Value : toStored(value), NpgsqlDbType = DbType };

    public override NpgsqlParameter ToParameter<TRow>(IReadOnlyList<TRow> rows, Func<TRow, T> value) =>
        Sql.Column(rows, row => toStored(value(row)), DbType);

    public override Task WriteAsync(NpgsqlBinaryImporter copy, T value, CancellationToken cancellationToken) => value is null
        ? copy.WriteNullAsync(cancellationToken)
        : copy.WriteAsync(toStored(value), DbType, cancellationToken);

    public override T Read(NpgsqlDataReader row, int column) => default(T) is null && row.IsDBNull(column) ? default! : read(row, column);
}

/// <summary>An enum, stored as text.</summary>
internal sealed class EnumPgType<T>() : PgType<T, string>("text", NpgsqlDbType.Text, EnumText<T>.Of, ReadMember) where T : struct, Enum
{
    public static T ReadMember(NpgsqlDataReader row, int column) => EnumText<T>.TryParse(row.GetString(column), out var value)
        ? value
        : throw new InvalidDataException($"{row.GetName(column)} is '{row.GetString(column)}': it can be {EnumText<T>.All}.");
}

/// <summary>An enum, stored as text, or null.</summary>
internal sealed class NullableEnumPgType<T>() : PgType<T?, string?>(
    "text", NpgsqlDbType.Text, value => value is { } present ? EnumText<T>.Of(present) : null, (row, i) => EnumPgType<T>.ReadMember(row, i))
    where T : struct, Enum;
