using System.Diagnostics.Metrics;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Events;

/// <summary>
/// The order in which events arrive, <c>seq</c>. A writer has its numbers before it commits, so a higher one may be seen before a lower one: a number
/// is final when everyone who was writing when it was read has finished.
/// </summary>
public sealed partial class EventSequence
{
    private static readonly Query LastQuery = new("events.last_seq", QueryClass.Simple, QueryAccess.Read,
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM mcp_documents.events_seq_seq");

    private static readonly Query WritersQuery = new("events.writers", QueryClass.Simple, QueryAccess.Read, """
        SELECT virtualtransaction FROM pg_locks
        WHERE relation = 'mcp_documents.events'::regclass AND mode = 'RowExclusiveLock' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """);

    // Who writes, and for how long already: for people who look for what holds everything up.
    private static readonly Query HoldersQuery = new("events.holders", QueryClass.Simple, QueryAccess.Read, """
        SELECT format('pid %s, %s, %s since %s', a.pid, coalesce(nullif(a.application_name, ''), 'no name'), a.state, to_char(a.xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS'))
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.relation = 'mcp_documents.events'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted
        ORDER BY a.xact_start LIMIT 1
        """);

    // Longer than any statement of ours may take.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(20);

    private readonly StoryDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger<EventSequence> _logger;
    private long _waiting;
    private volatile string? _heldUpBy;

    /// <summary>The order of the events in <paramref name="database"/>.</summary>
    public EventSequence(StoryDatabase database, TimeProvider time, IMeterFactory meters, ILogger<EventSequence> logger)
    {
        (_database, _time, _logger) = (database, time, logger);
        meters.Create(TelemetryNames.Prefix + "DataLayer").CreateObservableGauge(
            "events_held_up_seconds", () => TimeSpan.FromTicks(Volatile.Read(ref _waiting)).TotalSeconds, unit: "s",
            "For how long new events have waited for an open transaction that writes events.");
    }

    /// <summary>Which transaction has held up the events for too long, or null.</summary>
    public string? HeldUpBy => _heldUpBy;

    /// <summary>The highest number that has been given; events up to it may still be uncommitted.</summary>
    public async Task<long> LastAsync(CancellationToken cancellationToken) =>
        (await _database.ListAsync(LastQuery, [], row => row.GetInt64(0), cancellationToken))[0];

    /// <summary>Waits for everyone who is writing now, looking every <paramref name="interval"/>: every number that was given before is final then.</summary>
    public async Task SettleAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        try
        {
            var writers = await WritersAsync(cancellationToken);
            while (writers.Count > 0)
            {
                await Task.Delay(interval, _time, cancellationToken);
                writers.IntersectWith(await WritersAsync(cancellationToken));
                await NoteAsync(_time.GetElapsedTime(started), cancellationToken);
            }
        }
        finally
        {
            Volatile.Write(ref _waiting, 0);
            _heldUpBy = null;
        }
    }

    private async Task NoteAsync(TimeSpan waiting, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _waiting, waiting.Ticks);
        if (waiting > LongestWrite && _heldUpBy is null && await _database.FirstAsync(HoldersQuery, [], row => row.GetString(0), cancellationToken) is { } holder)
        {
            _heldUpBy = holder;
            LogHeldUp(holder, waiting.TotalSeconds);
        }
    }

    private async Task<HashSet<string>> WritersAsync(CancellationToken cancellationToken) =>
        [.. await _database.ListAsync(WritersQuery, [], row => row.GetString(0), cancellationToken)];

    [LoggerMessage(1, LogLevel.Warning, "New events are neither streamed nor counted: a transaction that writes events stays open ({Holder}), for {Seconds:0} s by now")]
    private partial void LogHeldUp(string holder, double seconds);
}
