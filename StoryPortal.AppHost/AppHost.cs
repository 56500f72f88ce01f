using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StoryPortal.AppHost.Commands;
using StoryPortal.AppHost.Dashboard;
using StoryPortal.AppHost.Endpoints;
using StoryPortal.AppHost.Hubs;
using StoryPortal.AppHost.LoadTests;
using StoryPortal.AppHost.Monitoring;
using StoryPortal.AppHost.Publishing;
using StoryPortal.AppHost.Running;
using StoryPortal.AppHost.Secrets;
using StoryPortal.AppHost.Servers;

// The console shows what every resource writes, not only the dashboard: start.sh keeps it as the log of the run.
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, EnableResourceLogging = true });
builder.Services.AddLogging(logging => logging.AddSimpleConsole(console => console.SingleLine = true));

var adminKey = builder.AddSecret("admin-key");
var internalKey = builder.AddSecret("internal-key");
var servers = builder.AddServers();

var dataLayer = builder.AddProject<Projects.StoryPortal_DataLayer>("data-layer", options => options.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(port: builder.FixedPort(8001), targetPort: builder.PublishedPort(8001), name: "http", env: "Listen__Http")
    .WithServers(servers).DisableForwardedHeaders()
    .WithRegistrationUrl()
    .InRunEnvironment()
    .WithReadiness("http")
    .WithPurpose("The worker: schema, indexes, maintenance jobs and the warm-up of the cache.")
    .WithIconName("DatabaseArrowUp");

var gateway = builder.AddProject<Projects.StoryPortal_Gateway>("gateway", options => options.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(port: builder.FixedPort(8009), targetPort: builder.PublishedPort(8009), name: "http", env: "Listen__Http")
    .WithEndpoint("http", endpoint => endpoint.IsExternal = true, createIfNotExists: false) // the only one: the internal port is no door
    .DisableForwardedHeaders() // the gateway believes the proxies that it is told of, and not all; the others believe none
    .WithRunModeHttps(8443)
    .WithHttpEndpoint(port: builder.FixedPort(8010), targetPort: builder.PublishedPort(8010), name: "internal", env: "Listen__Internal")
    .WithReference(servers.Cache) // not waited for: the gateway works without Redis
    .WithEnvironment("Authentication__AdminKey", adminKey)
    .WithEnvironment("Authentication__InternalKey", internalKey)
    .WithJwt()
    .WithRegistrationUrl()
    .InRunEnvironment()
    .WithReadiness("http")
    .InReplicas()
    .WithUrlForEndpoint("http", url => url.DisplayText = "Gateway")
    .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API docs" })
    .WithEndpointInDetailsOnly("internal")
    .WithPurpose("The public entry: API, dashboard and YARP in front of the hubs.")
    .WithIconName("DoorArrowRight");

var hubs = builder.AddHubs(servers, adminKey, internalKey);
foreach (var hub in hubs)
{
    hub.WaitFor(dataLayer); // the gateway starts meanwhile, and is ready when a hub is
    gateway.WithHub(hub);
}

builder.AddMonitoring(servers, gateway, hubs, dataLayer);
builder.AddLoadTest(servers, gateway, hubs[0], adminKey);
hubs[0].WithJobCommands(adminKey).WithCacheCommands(adminKey);
hubs.AddProfileCommands(gateway, dataLayer);
builder.AddRunFile(gateway, hubs[0], dataLayer, servers, adminKey);
builder.AddComputeEnvironment();

builder.Build().Run();
