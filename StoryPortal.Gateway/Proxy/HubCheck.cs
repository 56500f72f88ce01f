using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace StoryPortal.Gateway.Proxy;

/// <summary>Whether at least one hub answers the gateway's own probes.</summary>
internal sealed class HubCheck(IProxyStateLookup proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var hubs = proxy.TryGetCluster(ProxyExtensions.Cluster, out var cluster) ? cluster.DestinationsState.AllDestinations : [];
        var healthy = hubs.Count(hub => hub.Health.Active == DestinationHealth.Healthy && hub.Health.Passive != DestinationHealth.Unhealthy);
        var description = $"{healthy} of {hubs.Count} hubs answer.";
        return Task.FromResult(healthy > 0 ? HealthCheckResult.Healthy(description) : new(context.Registration.FailureStatus, description));
    }
}
