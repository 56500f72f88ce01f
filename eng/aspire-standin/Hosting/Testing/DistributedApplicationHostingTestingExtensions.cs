using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Testing;

/// <summary>What tests ask of a running application.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    extension(DistributedApplication app)
    {
        /// <summary>A client for an endpoint of the resource, by default its HTTP(S) one.</summary>
        public HttpClient CreateHttpClient(string resourceName, string? endpointName = null)
        {
            var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
            client.BaseAddress = app.GetEndpoint(resourceName, endpointName);
            return client;
        }

        /// <summary>The URL of an endpoint of the resource, by default its HTTP(S) one.</summary>
        public Uri GetEndpoint(string resourceName, string? endpointName = null) => app.Find(resourceName) is IResourceWithEndpoints resource
            ? new Uri(resource.HttpEndpoint(endpointName).Url)
            : throw new ArgumentException($"Resource '{resourceName}' has no endpoints.", nameof(resourceName));

        /// <summary>The connection string of the resource.</summary>
        public ValueTask<string?> GetConnectionStringAsync(string resourceName, CancellationToken cancellationToken = default) =>
            app.Find(resourceName) is IResourceWithConnectionString resource
                ? resource.GetConnectionStringAsync(cancellationToken)
                : throw new ArgumentException($"Resource '{resourceName}' has no connection string.", nameof(resourceName));

        private IResource Find(string resourceName) =>
            app.Services.GetRequiredService<DistributedApplicationModel>().Resources.TryGetByName(resourceName, out var resource)
                ? resource
                : throw new ArgumentException($"There is no resource '{resourceName}'.", nameof(resourceName));
    }
}
