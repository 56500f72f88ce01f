using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.Tests.StandIn;

/// <summary>Small processes to orchestrate.</summary>
internal static class Shells
{
    public const string Sleeps = "sleep 1000";

    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string script) =>
        builder.AddExecutable(name, "bash", ".", "-c", script);

    /// <summary>What the process has written.</summary>
    public static IReadOnlyList<string> LinesOf(this DistributedApplication app, string resource) =>
        app.Services.GetRequiredService<ResourceLoggerService>().Log(resource).LastLines;

    public static CustomResourceSnapshot StateOf(this DistributedApplication app, string resource) =>
        app.ResourceNotifications.TryGetCurrentState(resource, out var state) ? state.Snapshot : throw new InvalidOperationException($"There is no resource '{resource}'.");
}
