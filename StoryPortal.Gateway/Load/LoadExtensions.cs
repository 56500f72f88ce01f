namespace StoryPortal.Gateway.Load;

/// <summary>What bounds the gateway's work.</summary>
internal static class LoadExtensions
{
    public static void AddLoadLimit(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<LoadLimit>();
    }
}
