using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StoryPortal.AppHost.Servers;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Running;

/// <summary>Tells where the running system is.</summary>
public static class RunningSystem
{
    /// <summary>
    /// Once the gateway is ready, writes the addresses and keys of the system as shell assignments into the data directory, and removes them
    /// when it stops: <c>start.sh</c> takes the file as the sign that everything is healthy, and <c>start.sh --env</c> prints it.
    /// </summary>
    public static void AnnounceWhenReady(
        this IResourceBuilder<ProjectResource> gateway,
        IResourceBuilder<ProjectResource> hub,
        IResourceBuilder<ProjectResource> dataLayer,
        BackingServers servers,
        IResourceBuilder<ParameterResource> adminKey)
    {
        var builder = gateway.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        var folder = DataDirectory.Of(builder);
        var file = folder.RunningSystem;
        builder.Services.AddHostedService(services => new StartFailure(
            gateway.Resource, folder.FailedStart, services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<IHostApplicationLifetime>()));
        gateway.OnResourceReady(async (_, ready, cancellationToken) =>
        {
            var values = new (string Name, string? Value)[]
            {
                ("GATEWAY_URL", gateway.GetEndpoint("http").Url),
                ("SERVICE_HUB_URL", hub.GetEndpoint("http").Url),
                ("DATA_LAYER_URL", dataLayer.GetEndpoint("http").Url),
                ("ADMIN_KEY", await adminKey.Resource.GetValueAsync(cancellationToken)),
                ("DATABASE_URL", await servers.DatabaseUrl.GetValueAsync(cancellationToken)),
                ("REDIS_URL", await servers.CacheUrl.GetValueAsync(cancellationToken)),
                ("APPHOST_PID", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)),
            };
            DataDirectory.WritePrivately(file, Assignments(values));
            ready.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => DataDirectory.Remove(file));
        });
    }

    private static string Assignments(IEnumerable<(string Name, string? Value)> values)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in values)
        {
            text.Append(name).Append("='").Append((value ?? "").Replace("'", @"'\''", StringComparison.Ordinal)).Append("'\n");
        }

        return text.ToString();
    }
}
