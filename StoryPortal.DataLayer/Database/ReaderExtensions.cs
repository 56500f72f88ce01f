using Npgsql;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Database;

/// <summary>Columns as the records hold them.</summary>
internal static class ReaderExtensions
{
    /// <summary>
    /// Reads until ReadyForQuery. The commit of a statement follows its last row, and Dispose of the reader ignores a time-out or a cancellation
    /// that it meets there: no row counts before this returns.
    /// </summary>
    /// <exception cref="NpgsqlException">The statement or its commit failed after the rows.</exception>
    public static async Task ReadToEndAsync(this NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        while (await reader.NextResultAsync(cancellationToken))
        {
        }
    }

    public static RawJson GetJson(this NpgsqlDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    public static DateTimeOffset GetTime(this NpgsqlDataReader row, int column) => new(row.GetDateTime(column));

    public static DateTimeOffset? GetTimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetTime(column);

    public static Guid? GetGuidOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);

    public static long? GetLongOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static string? GetStringOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
