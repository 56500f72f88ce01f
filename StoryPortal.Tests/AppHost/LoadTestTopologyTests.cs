using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.LoadTests;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>k6 as the AppHost adds it.</summary>
public sealed class LoadTestTopologyTests
{
    [Fact]
    public async Task It_waits_to_be_started_and_for_the_gateway()
    {
        await using var topology = await Topology.RunInContainers();

        Assert.Single(topology["k6"].Annotations.OfType<ExplicitStartupAnnotation>());
        Assert.Contains(topology["k6"].Annotations.OfType<WaitAnnotation>(), wait => wait.Resource.Name == "gateway");
        var image = topology["k6"].Annotations.OfType<ContainerImageAnnotation>().Last();
        Assert.Equal("grafana/k6", image.Image);
        Assert.Matches(@"^1\.\d+\.\d+$", image.Tag);
    }

    [Fact]
    public async Task It_knows_the_addresses_the_key_and_the_scale_that_the_scripts_read()
    {
        await using var topology = await Topology.RunInContainers("--StoryPortal:LoadTest:Scale=0.1");

        var environment = await topology.EnvironmentAsync(topology["k6"]);
        Assert.Equal(("gateway", "http"), Endpoint(environment["GATEWAY_URL"]));
        Assert.Equal(("service-hub", "http"), Endpoint(environment["SERVICE_HUB_URL"]));
        Assert.Equal("admin-key", Assert.IsType<ParameterResource>(environment["ADMIN_KEY"]).Name);
        Assert.Equal("0.1", environment["SCALE"]);

        var settings = await File.ReadAllTextAsync(Repository.PathOf("load-tests", "shared", "settings.js"));
        Assert.All((string[])["GATEWAY_URL", "SERVICE_HUB_URL", "ADMIN_KEY", "SCALE"], name => Assert.Contains(name, settings, StringComparison.Ordinal));

        static (string, string) Endpoint(object value) => Assert.IsType<EndpointReference>(value) is var endpoint ? (endpoint.Resource.Name, endpoint.EndpointName) : default;
    }

    [Theory]
    [MemberData(nameof(K6ScriptTests.Scripts), MemberType = typeof(K6ScriptTests))]
    public async Task Each_script_of_the_repository_can_be_chosen(string script)
    {
        await using var topology = await Topology.RunInContainers($"--StoryPortal:LoadTest:Script={script}");

        Assert.Equal(["run", $"/load-tests/{script}.js"], await topology.ArgumentsAsync(topology["k6"]));
        var mount = Assert.Single(topology["k6"].Annotations.OfType<ContainerMountAnnotation>());
        Assert.True(mount.IsReadOnly);
        Assert.Equal("/load-tests", mount.Target);
        Assert.True(File.Exists(Path.Combine(mount.Source!, $"{script}.js")), mount.Source);
    }

    [Fact]
    public async Task It_runs_the_test_of_the_month_unless_another_is_chosen()
    {
        await using var topology = await Topology.RunInContainers();

        Assert.Equal(["run", "/load-tests/load-test.js"], await topology.ArgumentsAsync(topology["k6"]));
    }

    [Fact]
    public async Task It_needs_containers_and_is_not_published_and_neither_are_the_tools_that_look_into_the_servers()
    {
        await using var local = await Topology.RunLocally();
        await using var published = await Topology.Publish("--StoryPortal:Publish:Postgres=container");

        foreach (var topology in new[] { local, published })
        {
            Assert.DoesNotContain(topology.Resources, resource => resource.Name is "k6" or "pgadmin" or "redisinsight");
        }
    }

    [Fact]
    public async Task The_tools_that_look_into_the_servers_wait_to_be_started()
    {
        await using var topology = await Topology.RunInContainers();

        Assert.Single(topology["pgadmin"].Annotations.OfType<ExplicitStartupAnnotation>());
        Assert.Single(topology["redisinsight"].Annotations.OfType<ExplicitStartupAnnotation>());
    }
}
