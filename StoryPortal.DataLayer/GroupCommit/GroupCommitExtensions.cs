namespace StoryPortal.DataLayer.GroupCommit;

internal static class GroupCommitExtensions
{
    /// <summary>What all writers share.</summary>
    public static void AddGroupCommit(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<GroupCommitOptions>()
            .Bind(builder.Configuration.GetSection(GroupCommitOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton<GroupCommitMetrics>();
    }

    /// <summary>Adds a writer, which works from the start of the process until everything that it accepted is written.</summary>
    public static void AddGroupCommitWriter<TWriter>(this IServiceCollection services) where TWriter : class, IHostedService
    {
        services.AddSingleton<TWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<TWriter>());
    }
}
