using StoryPortal.DataLayer;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Registration;
using StoryPortal.ServiceHub.Admin;
using StoryPortal.ServiceHub.Agents;
using StoryPortal.ServiceHub.ApiRequests;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Events;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Models;
using StoryPortal.ServiceHub.Performance;
using StoryPortal.ServiceHub.QualityScores;
using StoryPortal.ServiceHub.Services;
using StoryPortal.ServiceHub.Sessions;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults("service-hub");
builder.AddDataLayer(maxPoolSize: 24);
builder.AddKeyVerification();
builder.AddHttp();
builder.AddDocumentation();
builder.AddPerformanceChecks();
builder.AddRegistry();
builder.AddSelfRegistration(self =>
{
    self.Layer = "L12";
    self.Description = "The HTTP API: agents, sessions, events, quality scores and the service registry.";
    self.Tags = ["api", "registry", "events"];
});

var app = builder.Build();

app.UseRequestMeasurement();
app.UseServiceDefaults();
app.UseHeadRequests();
app.UseRouting();
app.UseMiddleware<RouteHeaderMiddleware>();
app.UseScopes();
app.UseRequestDecompression();

var v1 = app.MapGroup("/v1");
v1.MapAgents();
v1.MapSessions();
v1.MapEvents();
v1.MapQualityScores();
v1.MapApiRequests();
v1.MapServices();
v1.MapModels();
v1.MapPerformance();

var admin = v1.MapAdminGroup();
admin.MapApiKeys();
admin.MapCache();
admin.MapJobs();

var system = app.MapInternalGroup();
system.MapRegistration();
system.MapKeyLookup();
system.MapApiRequestLog();

app.MapDocumentation();

app.Run();
