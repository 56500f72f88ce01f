using StoryPortal.AppHost.Dashboard;
using StoryPortal.AppHost.Servers;
using StoryPortal.AppHost.Settings;

namespace StoryPortal.AppHost.LoadTests;

/// <summary>k6, with the scripts of <c>load-tests</c>.</summary>
public static class LoadTestExtensions
{
    /// <summary>The version of k6 that the container runs.</summary>
    public const string K6ImageTag = "1.0.0";

    /// <summary>
    /// Adds k6 as a container that is started by hand, where the servers run in containers as well. It runs the script <c>StoryPortal:LoadTest:Script</c>,
    /// which hands its result to the gateway; <c>StoryPortal:LoadTest:Scale</c> shortens it.
    /// </summary>
    public static void AddLoadTest(
        this IDistributedApplicationBuilder builder,
        BackingServers servers,
        IResourceBuilder<ProjectResource> gateway,
        IResourceBuilder<ProjectResource> hub,
        IResourceBuilder<ParameterResource> adminKey)
    {
        var script = builder.Choice("StoryPortal:LoadTest:Script", "load-test", "smoke", "mixed", "stress", "spike", "soak");
        var scale = builder.Factor("StoryPortal:LoadTest:Scale");
        if (!servers.AreContainers || builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        builder.AddContainer("k6", "grafana/k6", K6ImageTag)
            .WithBindMount("../load-tests", "/load-tests", isReadOnly: true)
            .WithArgs("run", $"/load-tests/{script}.js")
            .WithEnvironment("GATEWAY_URL", gateway.GetEndpoint("http"))
            .WithEnvironment("SERVICE_HUB_URL", hub.GetEndpoint("http"))
            .WithEnvironment("ADMIN_KEY", adminKey)
            .WithEnvironment("SCALE", scale)
            .WaitFor(gateway)
            .WithExplicitStart()
            .WithPurpose($"Runs load-tests/{script}.js against the gateway, which keeps the result.")
            .WithIconName("TopSpeed");
    }
}
