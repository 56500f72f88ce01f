using System.Text.Json;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using StackExchange.Redis;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// Publishes the measurements of the process in Redis every two seconds, and every six seconds while the process gets no requests. A snapshot expires after
/// ten seconds.
/// </summary>
internal sealed class SnapshotPublisher(
    ProcessSnapshotReader process, ScorecardListener listener, IEnumerable<IConnectionMultiplexer> redis, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);

    private readonly SnapshotSchedule _schedule = new(Interval, time);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // periodic work belongs to no request
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                listener.Sample();
                if (_schedule.IsDue(listener.ApiRequests))
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
                var snapshot = process.Read();
                var json = JsonSerializer.SerializeToUtf8Bytes(snapshot, PerformanceJson.Default.ProcessSnapshot);
                await connection.GetDatabase().StringSetAsync(ProcessSnapshot.GetKey(snapshot.Service, snapshot.Instance), json, Ttl);
                _schedule.Published();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The errors of a broken connection have many types. The scorecard names the process as unheard.
            }
        }
    }
}
