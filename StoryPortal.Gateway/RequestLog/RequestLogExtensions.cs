using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>The log of requests, written through the hubs.</summary>
internal static class RequestLogExtensions
{
    public static void AddRequestLog(this WebApplicationBuilder builder, Uri hubAddress)
    {
        builder.Services.AddOptions<RequestLogOptions>().BindConfiguration(RequestLogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<RequestLogQueue>();
        builder.Services.AddHttpClient(RequestLogSender.Client, client => client.BaseAddress = hubAddress).WithInternalKey();
        builder.Services.AddHostedService<RequestLogSender>();
    }
}
