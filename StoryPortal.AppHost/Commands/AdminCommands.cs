namespace StoryPortal.AppHost.Commands;

/// <summary>What an operator can do with the running system from the dashboard.</summary>
public static class AdminCommands
{
    /// <summary>Adds a command that posts to an admin endpoint of the hub, with the admin key.</summary>
    /// <param name="hub">The hub that is asked.</param>
    /// <param name="name">Name of the command, for tests and tools.</param>
    /// <param name="displayName">What the dashboard calls it.</param>
    /// <param name="path">The endpoint, such as <c>/v1/admin/jobs/vacuum/run</c>.</param>
    /// <param name="adminKey">The key that opens it.</param>
    /// <param name="icon">A Fluent icon.</param>
    /// <param name="confirmation">What is asked first, or null.</param>
    public static IResourceBuilder<ProjectResource> WithAdminCommand(
        this IResourceBuilder<ProjectResource> hub,
        string name,
        string displayName,
        string path,
        IResourceBuilder<ParameterResource> adminKey,
        string icon,
        string? confirmation = null) =>
        hub.WithHttpCommand(path, displayName, endpointName: "http", commandName: name, commandOptions: new HttpCommandOptions
        {
            Method = HttpMethod.Post,
            IconName = icon,
            ConfirmationMessage = confirmation,
            PrepareRequest = context => context.AddKeyAsync(adminKey),
        });

    /// <summary>Lets the request of a command show the admin key.</summary>
    internal static async Task AddKeyAsync(this HttpCommandRequestContext context, IResourceBuilder<ParameterResource> adminKey) =>
        context.Request.Headers.Add("X-API-Key", await adminKey.Resource.GetValueAsync(context.CancellationToken));
}
