using Npgsql;
using OpenTelemetry;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.DataLayer.Performance;

/// <summary>Looks every five seconds at what Postgres and Redis use.</summary>
internal sealed class ServerWatch(DatabaseFacts postgres, RedisFacts redis, NpgsqlDataSource source, Recorder recorder, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private (TimeSpan Processor, long At)? _postgres;
    private (TimeSpan Processor, long At)? _redis;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every five seconds, and nobody's request
        recorder.StateOf(Measured.Pool).Set(new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxPoolSize);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await LookAtPostgresAsync(stoppingToken);
                await LookAtRedisAsync();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task LookAtPostgresAsync(CancellationToken cancellationToken)
    {
        try
        {
            recorder.StateOf(Measured.ActiveConnections).Set((await postgres.ConnectionsAsync(cancellationToken)).Active);
            if (await postgres.ServerAsync(cancellationToken) is var (memory, processor))
            {
                recorder.StateOf(Measured.PostgresMemory).Set(memory);
                _postgres = Used(Measured.PostgresCpu, _postgres, processor);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _postgres = null; // it is away: the health check says so
        }
    }

    private async Task LookAtRedisAsync()
    {
        try
        {
            var info = await redis.InfoAsync();
            Set(Measured.RedisMemory, "used_memory");
            Set(Measured.RedisProcessMemory, "used_memory_rss");
            if (RedisFacts.Number(info, "used_cpu_sys") + RedisFacts.Number(info, "used_cpu_user") is { } seconds)
            {
                _redis = Used(Measured.RedisCpu, _redis, TimeSpan.FromSeconds(seconds));
            }

            void Set(string state, string field)
            {
                if (RedisFacts.Number(info, field) is { } value)
                {
                    recorder.StateOf(state).Set(value);
                }
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _redis = null; // a connection breaks in many ways, and none of them ends the process
        }
    }

    private (TimeSpan, long) Used(string state, (TimeSpan Processor, long At)? before, TimeSpan processor)
    {
        var now = time.GetTimestamp();
        if (before is { } known && time.GetElapsedTime(known.At, now) is { Ticks: > 0 } elapsed)
        {
            recorder.StateOf(state).Set(Math.Max(0, (processor - known.Processor) / elapsed)); // less than before: it was started again
        }

        return (processor, now);
    }
}
