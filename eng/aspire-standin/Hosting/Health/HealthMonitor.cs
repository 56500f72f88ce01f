using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.StandIn;

/// <summary>Asks the health checks of a running resource again and again: quickly until it is healthy, seldom afterwards.</summary>
internal sealed class HealthMonitor(HealthCheckService checks, ResourceNotificationService notifications)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhenHealthy = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(10);

    public async Task WatchAsync(IResource resource, Func<Task> whenReady, CancellationToken cancellationToken)
    {
        var keys = resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key).ToHashSet();
        var ready = false;
        var retry = FirstRetry;
        while (true)
        {
            var reports = await CheckAsync(keys, cancellationToken);
            var healthy = reports.All(report => report.Status == HealthStatus.Healthy);
            if (healthy && !ready)
            {
                ready = true;
                await whenReady();
            }

            notifications.Publish(resource, snapshot => snapshot with
            {
                IsReady = ready,
                HealthStatus = healthy ? HealthStatus.Healthy : HealthStatus.Unhealthy,
                HealthReports = reports,
            });
            if (keys.Count == 0)
            {
                return;
            }

            await Task.Delay(healthy ? WhenHealthy : retry, cancellationToken);
            retry = healthy ? FirstRetry : TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, retry.Ticks * 3 / 2));
        }
    }

    private async Task<IReadOnlyList<HealthReportSnapshot>> CheckAsync(HashSet<string> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(CheckTimeout);
        try
        {
            var report = await checks.CheckHealthAsync(check => keys.Contains(check.Name), timeout.Token);
            return [.. keys.Select(key => report.Entries.TryGetValue(key, out var entry)
                ? new HealthReportSnapshot(key, entry.Status, entry.Description ?? entry.Exception?.Message)
                : new HealthReportSnapshot(key, HealthStatus.Unhealthy, "No health check of that name is registered."))];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [.. keys.Select(key => new HealthReportSnapshot(key, HealthStatus.Unhealthy, $"No answer within {CheckTimeout.TotalSeconds} s."))];
        }
    }
}
