using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StoryPortal.AppHost.Commands;
using StoryPortal.AppHost.Endpoints;
using StoryPortal.AppHost.Hubs;
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
    .WithHttpEndpoint(port: builder.FixedPort(8001), name: "http", env: "Listen__Http")
    .WithReference(servers.Database).WaitFor(servers.Postgres)
    .WithReference(servers.Cache).WaitFor(servers.Redis)
    .WithRegistrationUrl()
    .InSameEnvironment()
    .WithHttpHealthCheck("/health/ready", endpointName: "http")
    .WithIconName("DatabaseArrowUp");

var gateway = builder.AddProject<Projects.StoryPortal_Gateway>("gateway", options => options.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(port: builder.FixedPort(8009), name: "http", env: "Listen__Http")
    .WithRunModeHttps(8443)
    .WithHttpEndpoint(port: builder.FixedPort(8010), name: "internal", env: "Listen__Internal")
    .WithReference(servers.Cache) // not waited for: the gateway works without it
    .WithEnvironment("Authentication__AdminKey", adminKey)
    .WithEnvironment("Authentication__InternalKey", internalKey)
    .WithRegistrationUrl()
    .InSameEnvironment()
    .WithHttpHealthCheck("/health/ready", endpointName: "http")
    .WithUrlForEndpoint("http", url => url.DisplayText = "Gateway")
    .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API docs" })
    .WithEndpointInDetailsOnly("internal")
    .WithIconName("DoorArrowRight");

var hubs = builder.AddHubs(servers, adminKey, internalKey);
foreach (var hub in hubs)
{
    hub.WaitFor(dataLayer);
    gateway.WithHub(hub).WaitFor(hub);
}

hubs[0].WithJobCommands(adminKey).WithCacheCommands(adminKey);
gateway.AnnounceWhenReady(hubs[0], dataLayer, servers, adminKey);

builder.Build().Run();
