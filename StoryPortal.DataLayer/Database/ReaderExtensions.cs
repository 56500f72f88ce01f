using Npgsql;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Database;

/// <summary>Columns as the records hold them.</summary>
internal static class ReaderExtensions
{
    public static RawJson GetJson(this NpgsqlDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    public static DateTimeOffset GetTime(this NpgsqlDataReader row, int column) => new(row.GetDateTime(column));

    public static DateTimeOffset? GetTimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetTime(column);

    public static Guid? GetGuidOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);

    public static long? GetLongOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static string? GetStringOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
