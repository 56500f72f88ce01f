using StoryPortal.AppHost.Secrets;

namespace StoryPortal.AppHost.Servers;

/// <summary>Adds Postgres and Redis.</summary>
public static class ServerExtensions
{
    /// <summary>Adds both as containers or as processes of this machine: <c>StoryPortal:Servers</c> = auto, container or local.</summary>
    public static BackingServers AddServers(this IDistributedApplicationBuilder builder)
    {
        var postgresPassword = builder.AddSecret("postgres-password");
        var redisPassword = builder.AddSecret("redis-password");

        return ChooseLocal(builder) is { } programs
            ? builder.AddLocalServers(programs, postgresPassword, redisPassword)
            : builder.AddContainerServers(postgresPassword, redisPassword);
    }

    // The programs to run as processes, or null for containers.
    private static LocalPrograms? ChooseLocal(IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return null;
        }

        return (builder.Configuration["StoryPortal:Servers"] ?? "auto").ToLowerInvariant() switch
        {
            "container" => null,
            "local" => LocalPrograms.Find(builder),
            "auto" => ContainerRuntime.Answers(builder.Configuration) ? null : LocalPrograms.Find(builder),
            var other => throw new DistributedApplicationException($"StoryPortal:Servers is '{other}': it can be auto, container or local."),
        };
    }
}
