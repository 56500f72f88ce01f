using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>Finds the hour of the day in which the fewest requests come, from the log of the last seven days.</summary>
internal sealed class QuietestHour(StoryDatabase database)
{
    private const int DefaultHour = 3;
    private const int PatienceSeconds = 300; // once a day, and in the background

    private static readonly TimeSpan Window = TimeSpan.FromDays(7);

    // Of hours that are equally quiet the first from the default on counts: without any data that is the default itself.
    private static readonly Query FindQuery = new("jobs.quietest_hour", QueryClass.Aggregate, QueryAccess.Read, $"""
        SELECT hour
        FROM generate_series(0, 23) hour
        LEFT JOIN (SELECT extract(hour FROM timestamp AT TIME ZONE 'UTC')::int AS hour, count(*) AS requests
                   FROM mcp_documents.api_requests WHERE timestamp >= $1 AND timestamp < $2 GROUP BY 1) seen USING (hour)
        ORDER BY coalesce(requests, 0), (hour + 24 - {DefaultHour}) % 24
        LIMIT 1
        """);

    /// <summary>The hour, 0 to 23, in UTC.</summary>
    public async Task<int> FindAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var measured = database.Measure(FindQuery);
        await using var command = database.Source.CreateCommand(FindQuery.Sql);
        command.CommandTimeout = PatienceSeconds;
        command.Parameters.Add(Sql.Time(now - Window));
        command.Parameters.Add(Sql.Time(now));
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) as int? ?? DefaultHour;
        }
        catch (NpgsqlException) // a log that cannot be counted is no reason to leave a job without a next time
        {
            return DefaultHour;
        }
    }
}
