using StoryPortal.DataLayer;
using StoryPortal.DataLayer.Caching;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Registration;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults("data-layer");
builder.AddDataLayer(maxPoolSize: 8);
builder.AddSchema();
builder.AddCacheWarmUp();
builder.AddSelfRegistration(self =>
{
    self.Layer = "L01";
    self.Description = "Keeps the database and the cache in order: schema, indexes, warm-up.";
    self.Tags = ["worker", "postgres", "redis"];
});

var app = builder.Build();

app.UseServiceDefaults();

app.Run();
