using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace StoryPortal.ServiceDefaults.Health;

/// <summary>Health checks, and the endpoints that report them.</summary>
public static class HealthExtensions
{
    private const string RedisClient = "StackExchange.Redis";

    private static readonly string[] RetriedAtStart =
        [RedisClient, "Yarp.ReverseProxy.Health", "StoryPortal.DataLayer.Caching.CacheBackplane", "StoryPortal.Gateway.RateLimiting.RateSynchronizer"];

    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(1);

    internal static void AddHealth(this WebApplicationBuilder builder)
    {
        var start = new StartPhase(TimeProvider.System);
        builder.Services.AddHealthChecks();
        builder.Services.AddSingleton(start);
        builder.Services.AddSingleton<HealthState>();

        // Each logs by itself what fails while everything starts. A loss of what was there is a warning of the health check.
        foreach (var category in RetriedAtStart)
        {
            builder.Logging.AddFilter(category, level => (level == LogLevel.Information && category != RedisClient) || (level > LogLevel.Information && start.HasTimedOut));
        }

        builder.Services.AddHostedService<HealthWatch>();
    }

    /// <summary>Adds a check that must be healthy or degraded once before the process counts as started.</summary>
    public static IHealthChecksBuilder AddStartupCheck<T>(this IHealthChecksBuilder checks, string name) where T : class, IHealthCheck
    {
        checks.Services.TryAddSingleton<T>(); // else it is made anew each time, and does not know that it was healthy before
        return checks.AddCheck<T>(name, HealthStatus.Unhealthy, [HealthState.StartupTag], CheckTimeout);
    }

    /// <summary>Adds a check whose failure makes the process degraded and never unready.</summary>
    public static IHealthChecksBuilder AddDependencyCheck<T>(this IHealthChecksBuilder checks, string name) where T : class, IHealthCheck =>
        checks.AddCheck<T>(name, HealthStatus.Degraded, [], CheckTimeout);

    internal static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var state = endpoints.ServiceProvider.GetRequiredService<HealthState>();
        var service = endpoints.ServiceProvider.GetRequiredService<ServiceName>().Value;

        Map("/health", () => state.Ready);
        Map("/health/ready", () => state.Ready);
        Map("/health/startup", () => state.Started);
        Map("/health/live", () => true);
        Map("/alive", () => true);

        void Map(string path, Func<bool> isUp) =>
            endpoints.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => WriteAsync(context, service, state, isUp()))
                .ShortCircuit()
                .ExcludeFromDescription();
    }

    private static async Task WriteAsync(HttpContext context, string service, HealthState state, bool up)
    {
        context.Response.StatusCode = up ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", up && !state.Ready ? "healthy" : state.Status); // alive, if not ready yet
        json.WriteString("service", service);
        json.WriteStartObject("checks");
        foreach (var (name, entry) in state.Latest?.Entries ?? new Dictionary<string, HealthReportEntry>())
        {
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status switch
            {
                HealthStatus.Healthy => "healthy",
                HealthStatus.Degraded => "degraded",
                _ => "unhealthy",
            });
            json.WriteNumber("duration_ms", Math.Round(entry.Duration.TotalMilliseconds, 3));
            if (entry.Description is { } description)
            {
                json.WriteString("description", description);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
