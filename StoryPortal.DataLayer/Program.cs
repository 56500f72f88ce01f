using StoryPortal.DataLayer;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Registration;

if (HealthCommand.IsMeantBy(args))
{
    return HealthCommand.Run();
}

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults("data-layer");
builder.AddDataLayer(maxPoolSize: 8);
builder.AddSchema();
builder.AddMaintenance();
builder.AddCacheWarmUp();
builder.AddSelfRegistration(self =>
{
    self.Layer = "L01";
    self.Description = "Keeps the database and the cache in order: schema, indexes, event counts, maintenance, warm-up.";
    self.Tags = ["worker", "postgres", "redis"];
});

var app = builder.Build();

app.UseRequestTags();
app.UseServiceDefaults();
app.UseRouting(); // else routing runs first, and health checks respond before they get their tags

app.Run();
return 0;
