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

    /// <summary>What a probe of the platform finds out.</summary>
    public enum ProbeType
    {
        /// <summary>Whether the process has started.</summary>
        Startup,

        /// <summary>Whether it is to get requests.</summary>
        Readiness,

        /// <summary>Whether it is to go on.</summary>
        Liveness,
    }

    /// <summary>The platform probes an endpoint.</summary>
    public sealed class EndpointProbeAnnotation : IResourceAnnotation
    {
        /// <summary>What for.</summary>
        public required ProbeType Type { get; init; }

        /// <summary>The endpoint.</summary>
        public required EndpointReference EndpointReference { get; init; }

        /// <summary>What is asked of it.</summary>
        public required string Path { get; init; }
    }
}

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        /// <summary>The registered health check of that name says whether the resource is healthy; it cannot be asked twice.</summary>
        public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
            where T : IResource => builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(check => check.Key == key)
                ? throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has a health check with key '{key}'.")
                : builder.WithAnnotation(new HealthCheckAnnotation(key));

        /// <summary>The platform probes the resource when it is published, and so does the AppHost when it runs.</summary>
        public static IResourceBuilder<T> WithHttpProbe<T>(
            this IResourceBuilder<T> builder, ProbeType type, string? path = null, int? initialDelaySeconds = null, int? periodSeconds = null,
            int? timeoutSeconds = null, int? failureThreshold = null, int? successThreshold = null, string? endpointName = null)
            where T : IResourceWithEndpoints => builder
                .WithHttpHealthCheck(path, endpointName: endpointName)
                .WithAnnotation(new EndpointProbeAnnotation { Type = type, EndpointReference = builder.Resource.HttpEndpoint(endpointName), Path = path ?? "/" });

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
