using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;

namespace StoryPortal.ServiceDefaults;

/// <summary>What every process of Story Portal shares.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Listens on the ports named in <c>Listen</c>.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseUrls([.. builder.Configuration.GetSection("Listen").GetChildren()
            .Where(port => port.Key != "Https").Select(port => $"http://127.0.0.1:{port.Value}")]);
        return builder;
    }

    /// <summary>Maps the health endpoints.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        foreach (var path in (string[])["/health", "/health/live", "/health/ready", "/health/startup", "/alive"])
        {
            app.MapGet(path, () => Results.Json(new { status = "healthy" }));
        }

        return app;
    }
}
