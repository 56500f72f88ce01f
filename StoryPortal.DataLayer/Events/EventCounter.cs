using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Schema;

namespace StoryPortal.DataLayer.Events;

/// <summary>
/// Counts new events into <c>event_counts</c>, beside the path of writers: they pay nothing for it but an index on <c>seq</c>. Several workers may
/// do it at once; a row lock makes them take turns.
/// </summary>
internal sealed partial class EventCounter(StoryDatabase database, EventSequence sequence, SchemaWorker schema, TimeProvider time, ILogger<EventCounter> logger) : BackgroundService
{
    private const long MostAtOnce = 100_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private static readonly Query ProgressQuery = new("events.count_progress", QueryClass.Simple, QueryAccess.Read, """
        SELECT p.seq, CASE WHEN s.is_called THEN s.last_value ELSE 0 END FROM mcp_documents.event_counts_progress p, mcp_documents.events_seq_seq s
        """);

    private static readonly Query CountQuery = new("events.count", QueryClass.Aggregate, QueryAccess.Write, "SELECT mcp_documents.count_events($1)");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every two seconds, and nobody's request
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            await schema.WhenApplied.WaitAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryCountAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops: what is not counted yet is counted after the next start.
        }
    }

    private async Task TryCountAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CountAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            LogRetry(exception.Message);
        }
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var progress = await database.ListAsync(ProgressQuery, [], row => (Counted: row.GetInt64(0), Last: row.GetInt64(1)), cancellationToken);
        var (counted, last) = progress[0];
        if (last <= counted)
        {
            return;
        }

        await sequence.SettleAsync(PollInterval, cancellationToken);
        while (counted < last)
        {
            counted = Math.Min(counted + MostAtOnce, last);
            await database.ExecuteAsync(CountQuery, [Sql.Long(counted)], cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "New events cannot be counted yet, trying again: {Reason}")]
    private partial void LogRetry(string reason);
}
