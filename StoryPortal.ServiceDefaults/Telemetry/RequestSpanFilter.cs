using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>Puts <see cref="RequestSpanMiddleware"/> around everything else.</summary>
internal sealed class RequestSpanFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<RequestSpanMiddleware>();
        next(app);
    };
}
