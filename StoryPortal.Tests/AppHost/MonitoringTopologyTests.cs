using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Monitoring;

namespace StoryPortal.Tests.AppHost;

/// <summary>Prometheus and Grafana as the AppHost adds them.</summary>
public sealed class MonitoringTopologyTests
{
    [Fact]
    public async Task Where_servers_are_containers_Prometheus_hears_of_every_process()
    {
        await using var topology = await Topology.RunInContainers("--StoryPortal:Hubs=2");

        var environment = await topology.EnvironmentAsync(topology["prometheus"]);
        string[] targets =
        [
            "gateway {gateway.bindings.internal.host}:{gateway.bindings.internal.port}",
            "data-layer {data-layer.bindings.http.host}:{data-layer.bindings.http.port}",
            "service-hub {service-hub.bindings.http.host}:{service-hub.bindings.http.port}",
            "service-hub {service-hub-2.bindings.http.host}:{service-hub-2.bindings.http.port}",
        ];
        Assert.Equal(targets, Enumerable.Range(1, 4).Select(number => ((ReferenceExpression)environment[$"TARGET_{number}"]).ValueExpression));
        Assert.Equal(["/etc/prometheus/start.sh"], await topology.ArgumentsAsync(topology["prometheus"]));
        Assert.Equal("/bin/sh", ((ContainerResource)topology["prometheus"]).Entrypoint);
    }

    [Fact]
    public async Task Their_files_are_mounted_from_the_repository()
    {
        await using var topology = await Topology.RunInContainers();

        var mounts = topology["prometheus"].Annotations.Concat(topology["grafana"].Annotations).OfType<ContainerMountAnnotation>().ToList();
        Assert.Equal(3, mounts.Count);
        foreach (var mount in mounts)
        {
            Assert.True(mount.IsReadOnly);
            Assert.StartsWith(MonitoringFiles.Folder, mount.Source, StringComparison.Ordinal);
            Assert.True(Directory.Exists(mount.Source), mount.Source);
        }
    }

    [Fact]
    public async Task Every_hub_knows_the_Grafana_that_its_checklist_asks()
    {
        await using var topology = await Topology.RunInContainers("--StoryPortal:Hubs=2");

        foreach (var hub in new[] { "service-hub", "service-hub-2" })
        {
            var address = Assert.IsType<EndpointReference>((await topology.EnvironmentAsync(topology[hub]))["Monitoring__GrafanaUrl"]);
            Assert.Equal(("grafana", "http"), (address.Resource.Name, address.EndpointName));
        }
    }

    [Fact]
    public async Task They_need_containers_and_can_be_left_out()
    {
        await using var local = await Topology.RunLocally();
        await using var off = await Topology.RunInContainers("--StoryPortal:Monitoring=off");
        await using var published = await Topology.Publish();

        foreach (var topology in new[] { local, off, published })
        {
            Assert.DoesNotContain(topology.Resources, resource => resource.Name is "prometheus" or "grafana");
        }
    }

    [Fact]
    public void The_start_script_writes_the_targets_that_the_configuration_reads()
    {
        // The script itself, with a Prometheus that only says what it would read.
        var script = File.ReadAllText(Path.Combine(MonitoringFiles.Folder, "prometheus", "start.sh"))
            .Replace("/tmp/targets.yml", "/dev/stdout", StringComparison.Ordinal).Replace("exec prometheus", ": prometheus", StringComparison.Ordinal);
        var start = new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true };
        start.Environment["TARGET_1"] = "service-hub hub:8012";
        using var shell = Process.Start(start)!;
        var written = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();

        Assert.Equal("- targets: [\"hub:8012\"]\n  labels: { service: \"service-hub\" }\n", written);
        Assert.Contains("files: [/tmp/targets.yml]", File.ReadAllText(Path.Combine(MonitoringFiles.Folder, "prometheus", "prometheus.yml")), StringComparison.Ordinal);
    }
}
