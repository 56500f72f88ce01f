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
            wait.Resource.Name, change => change.Snapshot.IsEnded || IsHealthy(change.Snapshot), cancellationToken);
        if (change.Snapshot.IsEnded)
        {
            throw new DistributedApplicationException($"it waits for '{wait.Resource.Name}'. {FailureReport.NoLongerHealthy(change)}");
        }
    }

    private static bool IsHealthy(CustomResourceSnapshot snapshot) => snapshot is { IsReady: true, HealthStatus: HealthStatus.Healthy };
}
