using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.AppHost.Servers;
using StoryPortal.AppHost.Settings;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Running;

/// <summary>The files by which <c>start.sh</c> knows a running system.</summary>
public static class RunFile
{
    /// <summary>
    /// Writes the addresses and keys of the system as shell assignments into the data directory when every resource is healthy, and deletes them when
    /// the system stops. A start that fails writes the reason.
    /// </summary>
    public static void AddRunFile(
        this IDistributedApplicationBuilder builder,
        IResourceBuilder<ProjectResource> gateway,
        IResourceBuilder<ProjectResource> hub,
        IResourceBuilder<ProjectResource> dataLayer,
        BackingServers servers,
        IResourceBuilder<ParameterResource> adminKey)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        var folder = DataDirectory.Of(builder);
        var timeout = builder.Duration("StoryPortal:StartTimeout", TimeSpan.FromMinutes(servers.AreContainers ? 10 : 2)); // images may have to be pulled
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<StartMonitor>(
            services, folder, timeout, (Func<CancellationToken, Task<string>>)AssignmentsAsync));

        async Task<string> AssignmentsAsync(CancellationToken cancellationToken) => Assignments(
        [
            ("GATEWAY_URL", gateway.GetEndpoint("http").Url),
            ("SERVICE_HUB_URL", hub.GetEndpoint("http").Url),
            ("DATA_LAYER_URL", dataLayer.GetEndpoint("http").Url),
            ("ADMIN_KEY", await adminKey.Resource.GetValueAsync(cancellationToken)),
            ("DATABASE_URL", await servers.DatabaseUrl.GetValueAsync(cancellationToken)),
            ("REDIS_URL", await servers.CacheUrl.GetValueAsync(cancellationToken)),
            ("APPHOST_PID", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)),
        ]);
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
