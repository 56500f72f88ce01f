using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>Whether Redis answers. Without it the product is slower, not down.</summary>
public sealed class RedisCheck(IConnectionMultiplexer redis) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is not OperationCanceledException) // a connection that breaks fails what waits for it in many ways
        {
            return HealthCheckResult.Degraded("Redis does not answer: what it would keep is made again.", exception);
        }
    }
}
