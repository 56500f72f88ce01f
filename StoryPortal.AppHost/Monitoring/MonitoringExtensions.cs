using StoryPortal.AppHost.Dashboard;
using StoryPortal.AppHost.Secrets;
using StoryPortal.AppHost.Servers;
using StoryPortal.AppHost.Settings;

namespace StoryPortal.AppHost.Monitoring;

/// <summary>Prometheus, which reads what the processes measure, and Grafana, which shows it.</summary>
public static class MonitoringExtensions
{
    /// <summary>The version of Prometheus that containers run.</summary>
    public const string PrometheusImageTag = "v3.2.1";

    /// <summary>The version of Grafana that containers run.</summary>
    public const string GrafanaImageTag = "12.0.0";

    private const string Files = "../monitoring";

    /// <summary>
    /// Adds both as containers, with their alert rules and dashboards, where the servers run in containers as well and
    /// <c>StoryPortal:Monitoring</c> is not <c>off</c>. Published, the platform watches: Compose has both, Container Apps its own.
    /// </summary>
    public static void AddMonitoring(
        this IDistributedApplicationBuilder builder,
        BackingServers servers,
        IResourceBuilder<ProjectResource> gateway,
        IReadOnlyList<IResourceBuilder<ProjectResource>> hubs,
        IResourceBuilder<ProjectResource> dataLayer)
    {
        if (builder.Choice("StoryPortal:Monitoring", "on", "off") == "off" || !servers.AreContainers || builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        var prometheus = builder.AddContainer("prometheus", "prom/prometheus", PrometheusImageTag)
            .WithBindMount($"{Files}/prometheus", "/etc/prometheus", isReadOnly: true)
            .WithEntrypoint("/bin/sh")
            .WithArgs("/etc/prometheus/start.sh")
            .WithTarget(1, "gateway", gateway.GetEndpoint("internal"))
            .WithTarget(2, "data-layer", dataLayer.GetEndpoint("http"))
            .WithHttpEndpoint(targetPort: 9090, name: "http")
            .WithHttpHealthCheck("/-/ready", endpointName: "http")
            .WithPurpose("Reads the metrics of every process and evaluates the alert rules.")
            .WithIconName("DataTrending");

        var grafana = builder.AddContainer("grafana", "grafana/grafana", GrafanaImageTag)
            .WithBindMount($"{Files}/grafana/provisioning", "/etc/grafana/provisioning", isReadOnly: true)
            .WithBindMount($"{Files}/grafana/dashboards", "/var/lib/grafana/dashboards", isReadOnly: true)
            .WithEnvironment("PROMETHEUS_URL", prometheus.GetEndpoint("http"))
            .WithEnvironment("GF_AUTH_ANONYMOUS_ENABLED", "true") // anonymous callers may look: people, and the hub's checklist
            .WithEnvironment("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH", "/var/lib/grafana/dashboards/overview.json")
            .WithEnvironment("GF_SECURITY_ADMIN_PASSWORD", builder.AddSecret("grafana-password"))
            .WithHttpEndpoint(targetPort: 3000, name: "http")
            .WithHttpHealthCheck("/api/health", endpointName: "http")
            .WithParentRelationship(prometheus)
            .WithPurpose("Shows what Prometheus has read.")
            .WithIconName("ChartMultiple");

        for (var i = 0; i < hubs.Count; i++)
        {
            prometheus.WithTarget(i + 3, "service-hub", hubs[i].GetEndpoint("http"));
            hubs[i].WithEnvironment("Monitoring__GrafanaUrl", grafana.GetEndpoint("http"));
        }
    }

    // As start.sh reads it. The address is that which the container sees.
    private static IResourceBuilder<ContainerResource> WithTarget(
        this IResourceBuilder<ContainerResource> prometheus, int number, string service, EndpointReference endpoint) =>
        prometheus.WithEnvironment($"TARGET_{number}", ReferenceExpression.Create($"{service} {endpoint.Property(EndpointProperty.HostAndPort)}"));
}
