using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// ASP.NET Core's rate limiter over <see cref="CallerWindows"/>. A route or endpoint names a policy of <see
/// cref="RateLimitOptions.Policies"/>; the default holds for every other request, of unknown paths as well.
/// </summary>
internal static class RateLimitExtensions
{
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations()
            .Validate(options => options.Policies.Values.All(IsValid), $"{RateLimitOptions.Section}:Policies: a limit is at least 1.")
            .ValidateOnStart();
        builder.Services.AddSingleton<CallerWindows>();
        builder.Services.AddHostedService<RateSynchronizer>();
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.AddOptions<RateLimiterOptions>().Configure<CallerWindows, IOptions<RateLimitOptions>, GatewayMetrics>(Configure);
    }

    /// <summary>Limits the rate of each caller. Call it after authentication.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<RateLimitOptions>>().Value.Headers)
        {
            app.UseMiddleware<RateLimitHeaders>();
        }

        app.UseRateLimiter();
    }

    private static void Configure(
        RateLimiterOptions limiter, CallerWindows windows, IOptions<RateLimitOptions> options, GatewayMetrics metrics)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, SlidingWindow>(windows.GetDefaultPartition);
        foreach (var policy in options.Value.Policies.Keys)
        {
            limiter.AddPolicy(policy, context => windows.GetPartition(context, policy));
        }

        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = (rejected, _) => RejectAsync(rejected, metrics);
    }

    private static bool IsValid(RateLimitPolicyOptions policy) =>
        policy is { RequestsPerMinute: null or > 0, RequestsPerMinutePerAddress: null or > 0 };

    private static async ValueTask RejectAsync(OnRejectedContext rejected, GatewayMetrics metrics)
    {
        metrics.Limited();
        var context = rejected.HttpContext;
        rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait);
        var seconds = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        var limit = GatewayRequestContext.Get(context).RateLimit!.GetState().Limit;
        var detail = $"{limit} requests a minute are permitted; the next one is permitted in {seconds} s.";
        await TypedResults.Problem(detail, statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    }
}
