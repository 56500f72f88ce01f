using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace StoryPortal.Gateway.Proxy;

/// <summary>Turns the names in the cluster's configuration, such as <c>http://_http2.service-hub</c>, into the addresses that service discovery knows.</summary>
internal sealed class DiscoveredDestinations(ServiceEndpointResolver discovery) : IDestinationResolver
{
    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        var changes = new List<IChangeToken>();
        foreach (var (name, destination) in destinations)
        {
            var source = await discovery.GetEndpointsAsync(destination.Address, cancellationToken);
            changes.Add(source.ChangeToken);

            var scheme = new Uri(destination.Address).Scheme;
            foreach (var endpoint in source.Endpoints)
            {
                // An endpoint is a whole address or only host and port, depending on who knew of it.
                var text = endpoint.ToString()!;
                var address = text.Contains("://", StringComparison.Ordinal) ? text : $"{scheme}://{text}";
                resolved[source.Endpoints.Count == 1 ? name : $"{name}[{text}]"] = destination with { Address = address };
            }
        }

        return new ResolvedDestinationCollection(resolved, new CompositeChangeToken(changes));
    }
}
