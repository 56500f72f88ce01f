namespace StoryPortal.AppHost.Commands;

/// <summary>What an operator does with the cache from the dashboard.</summary>
public static class CacheCommands
{
    /// <summary>Adds the commands that warm and flush the cache.</summary>
    public static IResourceBuilder<ProjectResource> WithCacheCommands(this IResourceBuilder<ProjectResource> hub, IResourceBuilder<ParameterResource> adminKey) => hub
        .WithAdminCommand("warm-cache", "Warm cache", "/v1/admin/cache/warm", adminKey, "DatabaseArrowUp")
        .WithAdminCommand("flush-cache", "Flush cache", "/v1/admin/cache/flush", adminKey, "DatabaseLightning", "Every cached answer is dropped. Reads go to Postgres until the cache has filled up again.");
}
