using StoryPortal.AppHost.Dashboard;
using StoryPortal.AppHost.Endpoints;
using StoryPortal.AppHost.Secrets;
using StoryPortal.AppHost.Servers;
using StoryPortal.AppHost.Settings;

namespace StoryPortal.AppHost.Hubs;

/// <summary>Adds the service hubs and tells the gateway of them.</summary>
public static class HubExtensions
{
    private const string First = "service-hub";

    /// <summary>The gateway's clusters of hubs, as its configuration names them: each has its own <c>ActivityTimeout</c>.</summary>
    public static readonly IReadOnlyList<string> Clusters = [First, $"{First}-slow"];

    /// <summary>Adds <c>StoryPortal:Hubs</c> hubs: service-hub, service-hub-2, …</summary>
    /// <remarks>Each is a resource of its own, and so a destination of its own for the gateway; replicas of one resource would share one address.</remarks>
    public static IReadOnlyList<IResourceBuilder<ProjectResource>> AddHubs(
        this IDistributedApplicationBuilder builder,
        BackingServers servers,
        IResourceBuilder<ParameterResource> adminKey,
        IResourceBuilder<ParameterResource> internalKey) =>
        [.. Enumerable.Range(1, builder.Number("StoryPortal:Hubs", 1, 16)).Select(number => builder.AddHub(number, servers, adminKey, internalKey))];

    /// <summary>Makes a hub a destination of the gateway.</summary>
    public static IResourceBuilder<ProjectResource> WithHub(this IResourceBuilder<ProjectResource> gateway, IResourceBuilder<ProjectResource> hub)
    {
        gateway.WithReference(hub);
        var name = hub.Resource.Name;
        var address = $"http://_http2.{name}"; // a string: WithEnvironment would take the interpolation as an expression
        foreach (var cluster in name == First ? [] : Clusters) // the gateway's own configuration names the first hub
        {
            gateway.WithEnvironment($"ReverseProxy__Clusters__{cluster}__Destinations__{name}__Address", address);
        }

        return gateway;
    }

    private static IResourceBuilder<ProjectResource> AddHub(
        this IDistributedApplicationBuilder builder,
        int number,
        BackingServers servers,
        IResourceBuilder<ParameterResource> adminKey,
        IResourceBuilder<ParameterResource> internalKey) =>
        builder.AddProject<Projects.StoryPortal_ServiceHub>(number == 1 ? First : $"{First}-{number}", options => options.ExcludeLaunchProfile = true)
            // The first HTTP endpoint is the one that azd makes the app's ingress.
            .WithHttpEndpoint(port: number == 1 ? builder.FixedPort(8013) : null, targetPort: builder.PublishedPort(8013), name: "http2", env: "Listen__Http2")
            .WithHttpEndpoint(port: number == 1 ? builder.FixedPort(8012) : null, targetPort: builder.PublishedPort(8012), name: "http", env: "Listen__Http")
            .WithEndpoint("http2", endpoint => endpoint.Transport = "http2", createIfNotExists: false)
            .WithEndpointInDetailsOnly("http2")
            .WithPublishedTcp("http")
            .DisableForwardedHeaders()
            .InReplicas()
            .WithServers(servers)
            .WithEnvironment("Authentication__AdminKey", adminKey)
            .WithEnvironment("Authentication__InternalKey", internalKey)
            .WithJwt()
            .WithRegistrationUrl()
            .InRunEnvironment()
            .WithReadiness("http")
            .WithPurpose("The HTTP API.")
            .WithIconName("Connector");
}
