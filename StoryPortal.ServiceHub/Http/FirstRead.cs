using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// Whether the hub has read once as it does for callers, from memory, Redis and Postgres: what is compiled and connected for that would else be part of
/// the first caller's two seconds, and on a busy machine more than them.
/// </summary>
internal sealed class FirstRead(StoryCache cache, AgentStore agents) : IHealthCheck
{
    private volatile bool _done;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_done)
        {
            return HealthCheckResult.Healthy();
        }

        using var untraced = SuppressInstrumentationScope.Begin(); // nobody's request
        try
        {
            await cache.GetAsync(
                CacheKey.Agent(Guid.Empty), agents, static async (store, ct) => Answer.Of(await store.GetAsync(Guid.Empty, ct), StoryJson.Contracts.Agent), cancellationToken);
            _done = true;
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            return new(context.Registration.FailureStatus, "Nothing could be read yet.", exception);
        }
    }
}
