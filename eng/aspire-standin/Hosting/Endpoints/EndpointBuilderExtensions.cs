using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    extension<T>(IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints
    {
        /// <summary>The resource listens on a port; <paramref name="env"/> names the variable that tells it which.</summary>
        public IResourceBuilder<T> WithEndpoint(
            int? port = null, int? targetPort = null, string? scheme = null, string? name = null, string? env = null, bool? isProxied = null,
            bool? isExternal = null, ProtocolType? protocol = null)
        {
            var endpoint = new EndpointAnnotation(protocol ?? ProtocolType.Tcp, scheme, null, name, port, targetPort, isExternal, isProxied)
            {
                TargetPortVariable = env,
            };
            if (builder.Resource.GetEndpoint(endpoint.Name).Exists)
            {
                throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has an endpoint '{endpoint.Name}'.");
            }

            return builder.WithAnnotation(endpoint);
        }

        /// <summary>Changes an endpoint, or adds one.</summary>
        public IResourceBuilder<T> WithEndpoint(string endpointName, Action<EndpointAnnotation> callback, bool createIfNotExists = true)
        {
            var reference = builder.Resource.GetEndpoint(endpointName);
            if (reference.Exists)
            {
                callback(reference.EndpointAnnotation);
            }
            else if (createIfNotExists)
            {
                var endpoint = new EndpointAnnotation(ProtocolType.Tcp, name: endpointName);
                callback(endpoint);
                builder.WithAnnotation(endpoint);
            }

            return builder;
        }

        /// <summary>The resource answers HTTP.</summary>
        public IResourceBuilder<T> WithHttpEndpoint(int? port = null, int? targetPort = null, string? name = null, string? env = null, bool? isProxied = null) =>
            builder.WithEndpoint(port, targetPort, "http", name, env, isProxied);

        /// <summary>The resource answers HTTPS.</summary>
        public IResourceBuilder<T> WithHttpsEndpoint(int? port = null, int? targetPort = null, string? name = null, string? env = null, bool? isProxied = null) =>
            builder.WithEndpoint(port, targetPort, "https", name, env, isProxied);

        /// <summary>The endpoint of that name, which need not exist yet.</summary>
        public EndpointReference GetEndpoint(string name) => new(builder.Resource, name);
    }

    internal static EndpointReference HttpEndpoint(this IResourceWithEndpoints resource, string? name) => name is not null
        ? resource.GetEndpoint(name)
        : resource.GetEndpoints().OrderBy(endpoint => endpoint.Scheme != "https").FirstOrDefault(endpoint => endpoint.Scheme is "http" or "https")
            ?? throw new DistributedApplicationException($"Resource '{resource.Name}' has no HTTP endpoint.");
}
