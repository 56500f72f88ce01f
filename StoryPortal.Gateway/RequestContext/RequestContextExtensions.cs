using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.RequestContext;

/// <summary>The context of each request: its id, its trace and its line of the request log.</summary>
internal static class RequestContextExtensions
{
    public static void AddRequestContext(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<GatewayMetrics>();
    }
}
