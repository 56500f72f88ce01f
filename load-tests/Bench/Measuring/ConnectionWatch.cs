using Npgsql;

namespace StoryPortal.Bench.Measuring;

/// <summary>Counts the database connections of the system, twice a second, and remembers the most.</summary>
internal sealed class ConnectionWatch : IAsyncDisposable
{
    /// <summary>The application name of connections that are not the system's.</summary>
    public const string Ours = "bench";

    private const string CountSql = $"""
        SELECT count(*)::int FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name NOT IN ('{Ours}', 'pgbench', 'psql')
        """;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    public ConnectionWatch(NpgsqlDataSource database) => _watching = WatchAsync(database, _stop.Token);

    /// <summary>The most until now.</summary>
    public int Most { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await using var command = database.CreateCommand(CountSql);
            Most = Math.Max(Most, (int)(await command.ExecuteScalarAsync(cancellationToken))!);
        }
    }
}
