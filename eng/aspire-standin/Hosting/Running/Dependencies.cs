using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.StandIn;

/// <summary>Waits for what a resource waits for; throws with the reason when that can no longer happen.</summary>
internal sealed class Dependencies(ResourceNotificationService notifications)
{
    public Task WaitAsync(IResource resource, CancellationToken cancellationToken) =>
        Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().Select(wait => WaitAsync(wait, cancellationToken)));

    private async Task WaitAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var change = await notifications.WaitForResourceAsync(
            wait.Resource.Name, change => change.Snapshot.IsEnded || IsMet(wait, change.Snapshot), cancellationToken);
        if (!IsMet(wait, change.Snapshot))
        {
            throw new DistributedApplicationException($"it waits for '{wait.Resource.Name}'. {FailureReport.NoLongerHealthy(change)}");
        }
    }

    private static bool IsMet(WaitAnnotation wait, CustomResourceSnapshot snapshot) => wait.WaitType switch
    {
        WaitType.WaitForCompletion => snapshot.State?.Text == KnownResourceStates.Finished && snapshot.ExitCode == wait.ExitCode,
        WaitType.WaitUntilStarted => snapshot.State?.Text == KnownResourceStates.Running,
        _ => snapshot is { IsReady: true, HealthStatus: HealthStatus.Healthy },
    };
}
