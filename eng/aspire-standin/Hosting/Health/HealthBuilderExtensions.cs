using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A health check says whether the resource is healthy.</summary>
    public class HealthCheckAnnotation(string key) : IResourceAnnotation
    {
        /// <summary>The name under which the check is registered.</summary>
        public string Key { get; } = key;
    }
}

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        /// <summary>The registered health check of that name says whether the resource is healthy.</summary>
        public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
            where T : IResource => builder.WithAnnotation(new HealthCheckAnnotation(key));

        /// <summary>The resource is healthy when it answers such a request with that status.</summary>
        public static IResourceBuilder<T> WithHttpHealthCheck<T>(
            this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
            where T : IResourceWithEndpoints
        {
            var endpoint = builder.Resource.HttpEndpoint(endpointName);
            var key = $"{builder.Resource.Name}_{endpoint.EndpointName}_{path ?? "/"}_{statusCode ?? 200}_check";
            builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                key, services => new HttpHealthCheck(services.GetRequiredService<IHttpClientFactory>(), endpoint, path ?? "/", statusCode ?? 200), null, null));
            return builder.WithHealthCheck(key);
        }
    }

    internal sealed class HttpHealthCheck(IHttpClientFactory clients, EndpointReference endpoint, string path, int statusCode) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                using var client = clients.CreateClient(nameof(HttpHealthCheck));
                using var response = await client.GetAsync(new Uri(new Uri(endpoint.Url), path), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                return (int)response.StatusCode == statusCode
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy($"{endpoint.Url}{path} answered {(int)response.StatusCode}, not {statusCode}.");
            }
            catch (HttpRequestException exception)
            {
                return HealthCheckResult.Unhealthy(exception.Message);
            }
        }
    }
}
