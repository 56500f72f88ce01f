using StoryPortal.DataLayer;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Registration;
using StoryPortal.ServiceHub.Admin;
using StoryPortal.ServiceHub.Agents;
using StoryPortal.ServiceHub.ApiRequests;
using StoryPortal.ServiceHub.Batch;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Events;
using StoryPortal.ServiceHub.Events.Stream;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Models;
using StoryPortal.ServiceHub.Performance;
using StoryPortal.ServiceHub.QualityScores;
using StoryPortal.ServiceHub.Services;
using StoryPortal.ServiceHub.Sessions;

if (HealthCommand.IsMeantBy(args))
{
    return HealthCommand.Run();
}

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults("service-hub");
builder.AcceptForwardedRequests();
builder.AddDataLayer(maxPoolSize: 24);
builder.AddApiAuthentication();
builder.AddHttp();
builder.AddBatch();
builder.AddEventStreams();
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

app.UseBatches();
app.UseRequestTags();
app.UseServiceDefaults();
app.UseHttp();

var v1 = app.MapGroup("/v1");
v1.MapAgents();
v1.MapSessions();
v1.MapEvents();
v1.MapQualityScores();
v1.MapApiRequests();
v1.MapServices();
v1.MapModels();
v1.MapBatch();
v1.MapPerformance();
v1.MapAdmin();
app.MapInternal();
app.MapDocumentation();

app.Run();
return 0;
