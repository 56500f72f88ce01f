using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Events;

/// <summary>
/// The order in which events arrive, <c>seq</c>. A writer has its numbers before it commits, so a higher one may be seen before a lower one: a number
/// is final when everyone who was writing when it was read has finished.
/// </summary>
public sealed class EventSequence(StoryDatabase database, TimeProvider time)
{
    private static readonly Query LastQuery = new("events.last_seq", QueryClass.Simple,
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM mcp_documents.events_seq_seq");

    private static readonly Query WritersQuery = new("events.writers", QueryClass.Simple, """
        SELECT virtualtransaction FROM pg_locks
        WHERE relation = 'mcp_documents.events'::regclass AND mode = 'RowExclusiveLock' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """);

    /// <summary>The highest number that has been given; events up to it may still be uncommitted.</summary>
    public async Task<long> LastAsync(CancellationToken cancellationToken) =>
        (await database.ListAsync(LastQuery, [], row => row.GetInt64(0), cancellationToken))[0];

    /// <summary>Waits for everyone who is writing now, looking every <paramref name="interval"/>: every number that was given before is final then.</summary>
    public async Task SettleAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        var writers = await WritersAsync(cancellationToken);
        while (writers.Count > 0)
        {
            await Task.Delay(interval, time, cancellationToken);
            writers.IntersectWith(await WritersAsync(cancellationToken));
        }
    }

    private async Task<HashSet<string>> WritersAsync(CancellationToken cancellationToken) =>
        [.. await database.ListAsync(WritersQuery, [], row => row.GetString(0), cancellationToken)];
}
