using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace StoryPortal.DataLayer.Caching;

/// <summary>Whether Redis answers. Without it the product is slower, not down.</summary>
internal sealed class RedisCheck(IConnectionMultiplexer redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return HealthCheckResult.Degraded("Redis does not answer: reads go to Postgres.", exception);
        }
    }
}
