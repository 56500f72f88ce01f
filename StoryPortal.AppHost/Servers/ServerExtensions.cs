using StoryPortal.AppHost.Secrets;
using StoryPortal.AppHost.Settings;

namespace StoryPortal.AppHost.Servers;

/// <summary>Adds Postgres and Redis.</summary>
public static class ServerExtensions
{
    /// <summary>
    /// Adds both as containers or as processes of this machine: <c>StoryPortal:Servers</c> = auto, container or local. Published, each is a container or external.
    /// </summary>
    public static BackingServers AddServers(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return builder.AddPublishedServers();
        }

        var postgresPassword = builder.AddSecret("postgres-password");
        var redisPassword = builder.AddSecret("redis-password");

        return ChooseLocal(builder) is { } programs
            ? builder.AddLocalServers(programs, postgresPassword, redisPassword)
            : builder.AddContainerServers(postgresPassword, redisPassword);
    }

    /// <summary>Gives a service both connection strings, and lets it wait for those servers that come with the system.</summary>
    public static IResourceBuilder<ProjectResource> WithServers(this IResourceBuilder<ProjectResource> project, BackingServers servers)
    {
        project.WithReference(servers.Database).WithReference(servers.Cache);
        if (servers.Postgres is { } postgres)
        {
            project.WaitFor(postgres);
        }

        if (servers.Redis is { } redis)
        {
            project.WaitFor(redis);
        }

        return project;
    }

    // The programs to run as processes, or null for containers.
    private static LocalPrograms? ChooseLocal(IDistributedApplicationBuilder builder) => builder.Choice("StoryPortal:Servers", "auto", "container", "local") switch
    {
        "container" => null,
        "local" => LocalPrograms.Find(builder),
        _ => ContainerRuntime.Answers(builder.Configuration) ? null : LocalPrograms.Find(builder),
    };
}
