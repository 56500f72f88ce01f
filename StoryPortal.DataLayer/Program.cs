using StoryPortal.DataLayer;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Registration;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults("data-layer");
builder.AddDataLayer(maxPoolSize: 8);
builder.AddSchema();
builder.AddSelfRegistration(self =>
{
    self.Layer = "L01";
    self.Description = "Keeps the database in order: schema, indexes and event counts.";
    self.Tags = ["worker", "postgres", "redis"];
});

var app = builder.Build();

app.UseServiceDefaults();

app.Run();
