using StoryPortal.Gateway.Authentication;
using StoryPortal.Gateway.Proxy;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Registration;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults("gateway");
builder.AddProxy();
builder.AddSelfRegistrationThroughHub(new Uri("http://_http2.service-hub"), self =>
{
    self.Layer = "L09";
    self.Description = "The public door: HTTP/1.1 and HTTP/2 in front of the hubs.";
    self.Tags = ["gateway", "yarp", "http2"];
});

var app = builder.Build();

app.UseServiceDefaults();
app.UseMiddleware<ApiKeyMiddleware>();
app.MapGet("/", () => TypedResults.Redirect("/docs"));
app.MapReverseProxy();

app.Run();
