namespace StoryPortal.Gateway.Load;

/// <summary>The limit on concurrent requests and streams.</summary>
internal static class ConcurrencyLimitExtensions
{
    public static void AddConcurrencyLimit(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<AdaptiveConcurrencyLimiter>();
    }
}
