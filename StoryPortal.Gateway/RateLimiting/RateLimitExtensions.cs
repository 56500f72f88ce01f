namespace StoryPortal.Gateway.RateLimiting;

/// <summary>What bounds each caller.</summary>
internal static class RateLimitExtensions
{
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<RateLimiter>();
        builder.Services.AddHostedService<SharedRates>();
    }
}
