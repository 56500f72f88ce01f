using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Running;

/// <summary>Follows the start of this application, and writes the run file at its end or the reason of the failure.</summary>
internal sealed partial class StartMonitor(
    DataDirectory folder,
    TimeSpan timeout,
    Func<CancellationToken, Task<string>> values,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    ILogger<StartMonitor> logger) : IHostedLifecycleService
{
    private Task _watch = Task.CompletedTask;

    /// <summary>Begins before any hosted service starts: Aspire's own returns only when the resources have started.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        DataDirectory.Remove(folder.FailedStart);
        _watch = WatchAsync(lifetime.ApplicationStopping);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _watch.WaitAsync(cancellationToken);
        DataDirectory.Remove(folder.RunningSystem);
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WatchAsync(CancellationToken stopping)
    {
        try
        {
            await SystemStart.WaitUntilHealthyAsync(services, timeout, LogHealthy, stopping);
            DataDirectory.WritePrivately(folder.RunningSystem, await values(stopping));
        }
        catch (DistributedApplicationException exception)
        {
            LogFailed(exception.Message);
            DataDirectory.WritePrivately(folder.FailedStart, exception.Message + "\n");
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The application was stopped while it started: no failure.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Resource} is healthy")]
    private partial void LogHealthy(string resource);

    [LoggerMessage(2, LogLevel.Error, "The start failed: {Reason}")]
    private partial void LogFailed(string reason);
}
