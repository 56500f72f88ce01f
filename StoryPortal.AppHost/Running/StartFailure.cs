using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Running;

/// <summary>Until a resource is healthy, watches it and everything it waits for, and notes the first of them that ends: then it will never be.</summary>
internal sealed class StartFailure(IResource awaited, string file, ResourceNotificationService notifications, IHostApplicationLifetime lifetime)
    : IHostedLifecycleService
{
    private Task _watch = Task.CompletedTask;

    /// <summary>Begins before any hosted service starts, because the one that starts the resources ends only with them.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        DataDirectory.Remove(file);
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
    public Task StopAsync(CancellationToken cancellationToken) => _watch.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WatchAsync(CancellationToken stopping)
    {
        var needed = WithAllItWaitsFor(awaited);
        try
        {
            await foreach (var change in notifications.WatchAsync(stopping))
            {
                if (change.Resource == awaited && change.Snapshot.HealthStatus == HealthStatus.Healthy)
                {
                    return;
                }

                if (needed.Contains(change.Resource) && KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text))
                {
                    var code = change.Snapshot.ExitCode is { } exitCode ? $" with exit code {exitCode}" : "";
                    DataDirectory.WritePrivately(file, $"{change.Resource.Name} ended{code} ({change.Snapshot.State?.Text})\n");
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The system was stopped before it was up: nothing failed.
        }
    }

    private static HashSet<IResource> WithAllItWaitsFor(IResource resource)
    {
        var found = new HashSet<IResource>();
        var pending = new Stack<IResource>([resource]);
        while (pending.TryPop(out var next))
        {
            if (found.Add(next))
            {
                foreach (var wait in next.Annotations.OfType<WaitAnnotation>())
                {
                    pending.Push(wait.Resource);
                }
            }
        }

        return found;
    }
}
