using Npgsql;

namespace StoryPortal.Bench.Measurement;

/// <summary>Counts the database connections of the system twice a second and keeps the highest count.</summary>
internal sealed class ConnectionSampler : IAsyncDisposable
{
    /// <summary>The application name of the benchmark's own connections, which do not count.</summary>
    public const string BenchmarkApplicationName = "bench";

    private const string CountSql = $"""
        SELECT count(*)::int FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name NOT IN ('{BenchmarkApplicationName}', 'pgbench', 'psql')
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sampling;

    public ConnectionSampler(NpgsqlDataSource database) => _sampling = SampleAsync(database, _stop.Token);

    /// <summary>The highest count until now.</summary>
    public int Max { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task SampleAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await using var command = database.CreateCommand(CountSql);
            Max = Math.Max(Max, (int)(await command.ExecuteScalarAsync(cancellationToken))!);
        }
    }
}
