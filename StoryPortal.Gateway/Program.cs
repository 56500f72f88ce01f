using StoryPortal.Gateway.Caching;
using StoryPortal.Gateway.Compression;
using StoryPortal.Gateway.Connections;
using StoryPortal.Gateway.Load;
using StoryPortal.Gateway.Page;
using StoryPortal.Gateway.Proxy;
using StoryPortal.Gateway.RateLimiting;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.RequestLog;
using StoryPortal.Gateway.ResponseHeaders;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;

if (HealthCommand.IsMeantBy(args))
{
    return HealthCommand.Run();
}

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddConnectionLimits();
builder.AddServiceDefaults("gateway");
builder.AddSharedState();
builder.AddKnownProxies();
builder.AddConfiguredCors();
builder.AddConcurrencyLimit();
builder.AddRateLimits();
builder.AddApiAuthenticationThroughHub(ProxyExtensions.Hub);
builder.AddTaggedOutputCache();
builder.AddCompression();
builder.AddProxy();
builder.AddRequestLog(ProxyExtensions.Hub);
builder.AddRequestContext();
builder.AddSelfRegistrationThroughHub(ProxyExtensions.Hub, self =>
{
    self.Layer = "L09";
    self.Description = "The public door: HTTP/1.1 and HTTP/2 in front of the hubs.";
    self.Tags = ["gateway", "yarp", "http2"];
});

var app = builder.Build();

app.UseKnownProxies();
app.UseMiddleware<ApiPaths>();
app.UseMiddleware<RequestContextMiddleware>();
app.UseMiddleware<StandardResponseHeaders>();
app.UseMiddleware<KeepAliveHeaders>();
app.UseServiceDefaults(); // exception handler, status-code problems
app.UseMiddleware<RequestLineMiddleware>();
app.UseMiddleware<HeaderNameMiddleware>();
app.UseRouting();
app.UseConfiguredCors();
app.UseMiddleware<ConcurrencyLimitMiddleware>();
app.UseApiAuthentication();
app.UseMiddleware<CallerShareMiddleware>();
app.UseRateLimits();
app.UseAuthorization();
app.UseMiddleware<WeakETags>();
app.UseTaggedOutputCache();
app.UseResponseCompression();

app.MapPage();
app.MapProxy();

app.Run();
return 0;
