namespace StoryPortal.Gateway.Load;

/// <summary>The limits on concurrent requests, transfers and streams, of all callers and of each.</summary>
internal static class ConcurrencyLimitExtensions
{
    public static void AddConcurrencyLimit(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<AdaptiveConcurrencyLimiter>();
        builder.Services.AddSingleton<CallerLoads>();
    }
}
