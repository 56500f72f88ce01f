using System.Text.Json;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// Looks at the process every two seconds and sends what it has measured to Redis, where hubs read it; every six seconds while nobody asks the process for
/// anything. A snapshot that is not renewed is gone soon.
/// </summary>
public sealed class SnapshotPublisher(ProcessReadings process, IEnumerable<IConnectionMultiplexer> redis, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    private readonly SnapshotSchedule _schedule = new(Interval, time);

    /// <summary>Where the snapshot of an instance lies.</summary>
    public static string KeyOf(string service, string instance) => $"{CacheNames.Prefix}performance:{service}:{instance}";

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every two seconds, and nobody's request
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                process.Look();
                if (_schedule.IsDue(process.Requests))
                {
                    await PublishAsync();
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task PublishAsync()
    {
        foreach (var connection in redis)
        {
            try
            {
                var snapshot = process.Snapshot();
                var json = JsonSerializer.SerializeToUtf8Bytes(snapshot, PerformanceJson.Default.PerformanceSnapshot);
                await connection.GetDatabase().StringSetAsync(KeyOf(snapshot.Service, snapshot.Instance), json, Life);
                _schedule.Told();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A connection breaks in many ways, and none of them ends a process: the scorecard names it as not heard.
            }
        }
    }
}
