using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace StoryPortal.ServiceDefaults.Health;

/// <summary>Runs the checks beside the requests: four times a second while the process starts, every second while something is wrong, every five seconds while all is well.</summary>
internal sealed class HealthWatch(HealthCheckService checks, HealthState state, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan WhenHealthy = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WhenNot = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AtStart = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var report = await checks.CheckHealthAsync(stoppingToken);
                state.Report(report);
                var pause = !state.Started ? AtStart : report.Status == HealthStatus.Healthy ? WhenHealthy : WhenNot;
                await Task.Delay(pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) // the process stops
        {
        }
    }
}
