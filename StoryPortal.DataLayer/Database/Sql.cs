using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Database;

/// <summary>Typed positional parameters.</summary>
internal static class Sql
{
    public static NpgsqlParameter Text(string? value) => Of(value, NpgsqlDbType.Text);

    public static NpgsqlParameter Texts(IReadOnlyList<string>? value) => Of(value, NpgsqlDbType.Array | NpgsqlDbType.Text);

    public static NpgsqlParameter Uuid(Guid? value) => Of(value, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Uuids(IReadOnlyList<Guid> value) => Of(value, NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static NpgsqlParameter Time(DateTimeOffset? value) => Of(value?.UtcDateTime, NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Int(int? value) => Of(value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Long(long value) => Of(value, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Interval(TimeSpan value) => Of(value, NpgsqlDbType.Interval);

    public static NpgsqlParameter Double(double value) => Of(value, NpgsqlDbType.Double);

    public static NpgsqlParameter Bool(bool? value) => Of(value, NpgsqlDbType.Boolean);

    public static NpgsqlParameter Bytes(byte[] value) => Of(value, NpgsqlDbType.Bytea);

    public static NpgsqlParameter Json(RawJson value) => new() { Value = value.Utf8, NpgsqlDbType = NpgsqlDbType.Jsonb };

    /// <summary>One column of many rows, for <c>unnest</c>.</summary>
    public static NpgsqlParameter Column<TRow, TValue>(IReadOnlyList<TRow> rows, Func<TRow, TValue> value, NpgsqlDbType type)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        return new NpgsqlParameter<TValue[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    private static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
