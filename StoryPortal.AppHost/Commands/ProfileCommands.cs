namespace StoryPortal.AppHost.Commands;

/// <summary>Profiling a process from the dashboard.</summary>
public static class ProfileCommands
{
    private const int Seconds = 5;

    /// <summary>Adds a command to each process that profiles it for a few seconds and shows the methods that use its processor time. A hub asks itself, and the first hub the others.</summary>
    public static void AddProfileCommands(
        this IReadOnlyList<IResourceBuilder<ProjectResource>> hubs, IResourceBuilder<ParameterResource> adminKey, params IResourceBuilder<ProjectResource>[] others)
    {
        foreach (var hub in hubs)
        {
            hub.WithProfileCommand("service-hub", hub, adminKey);
        }

        foreach (var other in others)
        {
            other.WithProfileCommand(other.Resource.Name, hubs[0], adminKey);
        }
    }

    private static void WithProfileCommand(
        this IResourceBuilder<ProjectResource> process, string service, IResourceBuilder<ProjectResource> hub, IResourceBuilder<ParameterResource> adminKey) =>
        process.WithHttpCommand("/v1/admin/profile", "Profile", () => hub.GetEndpoint("http"), commandName: "profile", commandOptions: new HttpCommandOptions
        {
            Method = HttpMethod.Post,
            Description = $"Looks at the stacks of its threads for {Seconds} s, and shows the methods that use its processor time.",
            IconName = "TopSpeed",
            ResultMode = HttpCommandResultMode.Json,
            PrepareRequest = async context =>
            {
                context.Request.RequestUri = new UriBuilder(context.Request.RequestUri!) { Query = $"service={service}&seconds={Seconds}" }.Uri;
                await context.AddKeyAsync(adminKey);
            },
        });
}
