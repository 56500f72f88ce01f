using StoryPortal.Gateway.Caching;
using StoryPortal.Gateway.Compression;
using StoryPortal.Gateway.Connections;
using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Load;
using StoryPortal.Gateway.Page;
using StoryPortal.Gateway.Proxy;
using StoryPortal.Gateway.RateLimiting;
using StoryPortal.Gateway.RequestLog;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;

if (HealthCommand.IsMeantBy(args))
{
    return HealthCommand.Run();
}

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddConnectionLimits(); // before the ports, which are to have them, are opened
builder.AddServiceDefaults("gateway");
builder.AddSharedState();
builder.AddOrigins();
builder.AddLoadLimit();
builder.AddRateLimits();
builder.AddApiAuthenticationThroughHub(ProxyExtensions.Hub);
builder.AddAnswerCache();
builder.AddCompression();
builder.AddProxy();
builder.AddRequestLog(ProxyExtensions.Hub);
builder.AddExchanges();
builder.AddSelfRegistrationThroughHub(ProxyExtensions.Hub, self =>
{
    self.Layer = "L09";
    self.Description = "The public door: HTTP/1.1 and HTTP/2 in front of the hubs.";
    self.Tags = ["gateway", "yarp", "http2"];
});

var app = builder.Build();

app.UseKnownProxies();
app.UseMiddleware<ExchangeMiddleware>();
app.UseMiddleware<RequestLineMiddleware>();
app.UseRouting();
app.UseServiceDefaults();
app.UseConfiguredOrigins();
app.UseMiddleware<LoadMiddleware>();
app.UseAuthentication();
app.UseMiddleware<RateLimitMiddleware>();
app.UseAuthorization();
app.UseMiddleware<OutputCacheMiddleware>();
app.UseResponseCompression();

app.MapPage();
app.MapProxy();

app.Run();
return 0;
