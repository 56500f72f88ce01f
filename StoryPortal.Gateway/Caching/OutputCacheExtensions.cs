namespace StoryPortal.Gateway.Caching;

/// <summary>The gateway's own cache of answers.</summary>
internal static class OutputCacheExtensions
{
    public static void AddAnswerCache(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<OutputCacheOptions>().BindConfiguration(OutputCacheOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<SharedAnswers>();
        builder.Services.AddSingleton<ChangeNews>();
        builder.Services.AddSingleton<OutputCache>();
        builder.Services.AddHostedService<ChangeListener>();
    }
}
