using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Database;

/// <summary>Typed positional parameters.</summary>
internal static class Sql
{
    public static NpgsqlParameter Text(string? value) => Of(value, NpgsqlDbType.Text);

    public static NpgsqlParameter Texts(IReadOnlyList<string> value) => Of(value, NpgsqlDbType.Array | NpgsqlDbType.Text);

    public static NpgsqlParameter Uuid(Guid? value) => Of(value, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Uuids(IReadOnlyList<Guid> value) => Of(value, NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    public static NpgsqlParameter Time(DateTimeOffset? value) => Of(value?.UtcDateTime, NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Int(int? value) => Of(value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Double(double value) => Of(value, NpgsqlDbType.Double);

    public static NpgsqlParameter Bool(bool? value) => Of(value, NpgsqlDbType.Boolean);

    public static NpgsqlParameter Bytes(byte[] value) => Of(value, NpgsqlDbType.Bytea);

    public static NpgsqlParameter Json(RawJson value) => new() { Value = value.Utf8, NpgsqlDbType = NpgsqlDbType.Jsonb };

    private static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
