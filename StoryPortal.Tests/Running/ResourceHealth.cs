using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.AppHost.Running;

namespace StoryPortal.Tests.Running;

/// <summary>Waits for one resource of a running application, and says what is wrong when the resource does not become healthy.</summary>
internal static class ResourceHealth
{
    /// <summary>Waits until a resource is healthy.</summary>
    /// <param name="app">The running application.</param>
    /// <param name="name">The resource.</param>
    /// <param name="cancellationToken">The deadline.</param>
    /// <param name="startedAfter">A process that started before does not count as ended; null at the first start.</param>
    /// <exception cref="DistributedApplicationException">The resource ended, or is not healthy at the deadline.</exception>
    public static async Task WaitUntilHealthyAsync(
        this DistributedApplication app, string name, CancellationToken cancellationToken, DateTime? startedAfter = null)
    {
        // WaitForResourceHealthyAsync stops at each terminal state by default, also at one of the process before: DCP's watch is
        // independent of the start command. And it says "failed to start" of each, without the reason.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var healthy = app.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.WaitOnResourceUnavailable, ends.Token);
        var ended = app.ResourceNotifications.WaitForResourceAsync(name, change => HasEnded(change.Snapshot, startedAfter), ends.Token);
        await Task.WhenAny(healthy, ended);
        await ends.CancelAsync();
        await Task.WhenAll((Task)healthy, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!healthy.IsCompletedSuccessfully)
        {
            app.ResourceNotifications.TryGetCurrentState(name, out var current);
            var what = ended.IsCompletedSuccessfully ? "has ended" : "has not become healthy in time";
            throw new DistributedApplicationException($"{name} {what}. {await SystemStart.DescribeAsync(app.Services, current!)}");
        }
    }

    private static bool HasEnded(CustomResourceSnapshot snapshot, DateTime? startedAfter) => snapshot.State?.Text is { } state
        && (state == KnownResourceStates.FailedToStart
            || (KnownResourceStates.TerminalStates.Contains(state) && (startedAfter is null || snapshot.StartTimeStamp > startedAfter)));
}
