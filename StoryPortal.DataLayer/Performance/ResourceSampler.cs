using System.Diagnostics.Metrics;
using Npgsql;
using OpenTelemetry;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Performance;

/// <summary>Samples every five seconds the resources that Postgres and Redis use.</summary>
internal sealed class ResourceSampler : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly PostgresDiagnostics _postgres;
    private readonly RedisDiagnostics _redis;
    private readonly int _maxPoolSize;
    private readonly TimeProvider _time;
    private readonly Gauge<long> _poolConnections;
    private readonly Gauge<long> _activeConnections;
    private readonly Gauge<double> _postgresMemory;
    private readonly Gauge<double> _redisData;
    private readonly Gauge<double> _redisMemory;
    private readonly ProcessorTime _postgresCpu;
    private readonly ProcessorTime _redisCpu;

    public ResourceSampler(PostgresDiagnostics postgres, RedisDiagnostics redis, NpgsqlDataSource source, IMeterFactory meters, TimeProvider time)
    {
        (_postgres, _redis, _time) = (postgres, redis, time);
        _maxPoolSize = new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxPoolSize;
        var meter = meters.Create(TelemetryNames.Prefix + "DataLayer");
        _poolConnections = meter.CreateGauge<long>(MetricNames.MaxPoolConnections, "{connection}", "Database connections that the process may open.");
        _activeConnections = meter.CreateGauge<long>(MetricNames.ActiveConnections, "{connection}", "Database connections that are active, of all processes.");
        _postgresMemory = meter.CreateGauge<double>(MetricNames.PostgresMemory, "By", "Resident memory of the processes of Postgres.");
        _redisData = meter.CreateGauge<double>(MetricNames.RedisDataMemory, "By", "Memory that Redis uses for its data.");
        _redisMemory = meter.CreateGauge<double>(MetricNames.RedisMemory, "By", "Resident memory of the process of Redis.");
        _postgresCpu = new ProcessorTime(meter.CreateGauge<double>(MetricNames.PostgresCpu, "{core}", "Cores that Postgres keeps busy."), time);
        _redisCpu = new ProcessorTime(meter.CreateGauge<double>(MetricNames.RedisCpu, "{core}", "Cores that Redis keeps busy."), time);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // periodic work belongs to no request
        _poolConnections.Record(_maxPoolSize);
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            do
            {
                await SamplePostgresAsync(stoppingToken);
                await SampleRedisAsync();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task SamplePostgresAsync(CancellationToken cancellationToken)
    {
        try
        {
            _activeConnections.Record((await _postgres.ConnectionsAsync(cancellationToken)).Active);
            if (await _postgres.ServerAsync(cancellationToken) is var (memory, processor))
            {
                _postgresMemory.Record(memory);
                _postgresCpu.Record(processor);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _postgresCpu.Reset(); // the health check reports the outage
        }
    }

    private async Task SampleRedisAsync()
    {
        try
        {
            var info = await _redis.InfoAsync();
            if (RedisDiagnostics.Number(info, "used_memory") is { } data)
            {
                _redisData.Record(data);
            }

            if (RedisDiagnostics.Number(info, "used_memory_rss") is { } memory)
            {
                _redisMemory.Record(memory);
            }

            if (RedisDiagnostics.Number(info, "used_cpu_sys") + RedisDiagnostics.Number(info, "used_cpu_user") is { } seconds)
            {
                _redisCpu.Record(TimeSpan.FromSeconds(seconds));
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _redisCpu.Reset(); // the errors of a broken connection have many types
        }
    }

    /// <summary>Makes cores of the processor time that a server has used since its start.</summary>
    private sealed class ProcessorTime(Gauge<double> cores, TimeProvider time)
    {
        private (TimeSpan Used, long Timestamp)? _previous;

        public void Record(TimeSpan used)
        {
            var now = time.GetTimestamp();
            if (_previous is { } previous && time.GetElapsedTime(previous.Timestamp, now) is { Ticks: > 0 } elapsed)
            {
                cores.Record(Math.Max(0, (used - previous.Used) / elapsed)); // less than before: the server was restarted
            }

            _previous = (used, now);
        }

        public void Reset() => _previous = null;
    }
}
