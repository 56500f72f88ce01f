using StoryPortal.AppHost.Hubs;
using StoryPortal.AppHost.Secrets;
using StoryPortal.AppHost.Servers;

var builder = DistributedApplication.CreateBuilder(args);

var adminKey = builder.AddSecret("admin-key");
var internalKey = builder.AddSecret("internal-key");
var servers = builder.AddServers();

var dataLayer = builder.AddProject<Projects.StoryPortal_DataLayer>("data-layer", o => o.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(port: builder.FixedPort(8001), name: "http", env: "Listen__Http")
    .WithReference(servers.Database).WaitFor(servers.Postgres)
    .WithReference(servers.Cache).WaitFor(servers.Redis)
    .WithHttpHealthCheck("/health/ready", endpointName: "http");

var gateway = builder.AddProject<Projects.StoryPortal_Gateway>("gateway", o => o.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(port: builder.FixedPort(8009), name: "http", env: "Listen__Http")
    .WithHttpsEndpoint(port: builder.FixedPort(8443), name: "https", env: "Listen__Https")
    .WithHttpEndpoint(port: builder.FixedPort(8010), name: "internal", env: "Listen__Internal")
    .WithEnvironment("Authentication__AdminKey", adminKey)
    .WithEnvironment("Authentication__InternalKey", internalKey)
    .WithHttpHealthCheck("/health/ready", endpointName: "http");

foreach (var hub in builder.AddHubs(servers, adminKey, internalKey))
{
    hub.WaitFor(dataLayer);
    gateway.WithHub(hub).WaitFor(hub);
}

builder.Build().Run();
