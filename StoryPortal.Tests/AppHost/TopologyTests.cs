using Aspire.Hosting.ApplicationModel;
using StoryPortal.AppHost.Dashboard;

namespace StoryPortal.Tests.AppHost;

/// <summary>What the AppHost describes: ports, start order, health, hubs.</summary>
public sealed class TopologyTests
{
    [Fact]
    public async Task A_normal_run_has_the_ports_that_people_know()
    {
        await using var topology = await Topology.RunLocally("--DcpPublisher:RandomizePorts=false");

        Assert.Equal(8009, Topology.Port(topology["gateway"], "http"));
        Assert.Equal(8443, Topology.Port(topology["gateway"], "https"));
        Assert.Equal(8010, Topology.Port(topology["gateway"], "internal"));
        Assert.Equal(8012, Topology.Port(topology["service-hub"], "http"));
        Assert.Equal(8013, Topology.Port(topology["service-hub"], "http2"));
        Assert.Equal(8001, Topology.Port(topology["data-layer"], "http"));
        Assert.Equal(15432, topology["postgres"].Annotations.OfType<EndpointAnnotation>().Single().TargetPort);
        Assert.Equal(16379, topology["redis-server"].Annotations.OfType<EndpointAnnotation>().Single().TargetPort);
    }

    [Fact]
    public async Task Published_the_platform_chooses_the_ports_and_TLS_is_not_ours()
    {
        await using var topology = await Topology.Publish();

        var endpoints = topology.Resources.OfType<ProjectResource>().SelectMany(project => project.Annotations.OfType<EndpointAnnotation>()).ToList();
        Assert.NotEmpty(endpoints);
        Assert.All(endpoints, endpoint => Assert.Null(endpoint.Port));
        Assert.DoesNotContain(endpoints, endpoint => endpoint.UriScheme == "https");
    }

    [Fact]
    public async Task With_random_ports_Aspire_allocates_those_of_the_servers_too()
    {
        await using var topology = await Topology.RunLocally();

        foreach (var server in (string[])["postgres", "redis-server"])
        {
            var endpoint = topology[server].Annotations.OfType<EndpointAnnotation>().Single();
            Assert.Equal((null, null, false), (endpoint.Port, endpoint.TargetPort, endpoint.IsProxied)); // Aspire allocates one that is free
        }
    }

    [Theory]
    [InlineData("data-layer", "postgres", "redis-server")]
    [InlineData("service-hub", "postgres", "redis-server", "data-layer")]
    [InlineData("gateway")] // starts beside them: its own readiness is that of a hub
    public async Task Each_service_starts_after_what_it_needs(string service, params string[] needs)
    {
        await using var topology = await Topology.RunLocally();

        var waits = topology[service].Annotations.OfType<WaitAnnotation>().ToList();
        Assert.Equal(needs, waits.Select(wait => wait.Resource.Name));
        Assert.All(waits, wait => Assert.Equal(WaitType.WaitUntilHealthy, wait.WaitType));
    }

    [Fact]
    public async Task In_containers_services_wait_for_the_database_and_not_only_for_its_server()
    {
        await using var topology = await Topology.RunInContainers();

        var waits = topology["data-layer"].Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource);
        Assert.Contains(waits, resource => resource is PostgresDatabaseResource { Name: "storyportal" });
        Assert.Contains(waits, resource => resource is RedisResource { Name: "redis" });
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("redis-server")]
    [InlineData("data-layer")]
    [InlineData("service-hub")]
    [InlineData("gateway")]
    public async Task Everything_says_whether_it_is_healthy(string resource)
    {
        await using var topology = await Topology.RunLocally();

        Assert.Single(topology[resource].Annotations.OfType<HealthCheckAnnotation>());
    }

    [Theory]
    [InlineData("local")]
    [InlineData("container")]
    public async Task Services_find_the_same_connection_names_in_both_modes(string servers)
    {
        await using var topology = await (servers == "local" ? Topology.RunLocally() : Topology.RunInContainers());

        foreach (var service in new[] { "data-layer", "service-hub" })
        {
            var environment = await topology.EnvironmentAsync(topology[service]);
            Assert.Contains("ConnectionStrings__storyportal", environment);
            Assert.Contains("ConnectionStrings__redis", environment);
        }
    }

    [Fact]
    public async Task The_gateway_uses_redis_without_waiting_for_it_and_knows_no_database()
    {
        await using var topology = await Topology.RunLocally();

        var environment = await topology.EnvironmentAsync(topology["gateway"]);
        Assert.Contains("ConnectionStrings__redis", environment);
        Assert.DoesNotContain("ConnectionStrings__storyportal", environment);
        Assert.DoesNotContain(typeof(StoryPortal.Gateway.Proxy.AnyHubHandler).Assembly.GetReferencedAssemblies(), assembly => assembly.Name!.Contains("Npgsql", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_further_hub_is_a_resource_and_a_destination_of_its_own()
    {
        await using var topology = await Topology.RunLocally("--StoryPortal:Hubs=3");

        Assert.Equal(
            ["service-hub", "service-hub-2", "service-hub-3"],
            topology.Resources.OfType<ProjectResource>().Select(project => project.Name).Where(name => name.StartsWith("service-hub", StringComparison.Ordinal)));
        Assert.Null(Topology.Port(topology["service-hub-2"], "http"));
        var gateway = await topology.EnvironmentAsync(topology["gateway"]);
        foreach (var cluster in (string[])["service-hub", "service-hub-slow"])
        {
            Assert.Equal("http://_http2.service-hub-2", gateway[$"ReverseProxy__Clusters__{cluster}__Destinations__service-hub-2__Address"]);
            Assert.Equal("http://_http2.service-hub-3", gateway[$"ReverseProxy__Clusters__{cluster}__Destinations__service-hub-3__Address"]);
            Assert.DoesNotContain($"ReverseProxy__Clusters__{cluster}__Destinations__service-hub__Address", gateway);
        }

        Assert.Contains("services__service-hub-3__http2__0", gateway);
    }

    [Fact]
    public async Task The_gateway_and_every_hub_accept_the_tokens_of_the_same_authority()
    {
        await using var topology = await Topology.RunLocally(
            "--StoryPortal:Hubs=2", "--Authentication:Jwt:Authority=https://issuer.example", "--Authentication:Jwt:Audience=story-portal");

        foreach (var service in (string[])["gateway", "service-hub", "service-hub-2"])
        {
            var environment = await topology.EnvironmentAsync(topology[service]);
            Assert.Equal("https://issuer.example", environment["Authentication__Jwt__Authority"]);
            Assert.Equal("story-portal", environment["Authentication__Jwt__Audience"]);
        }
    }

    [Theory]
    [InlineData("--StoryPortal:Hubs=0", "StoryPortal:Hubs is '0'")]
    [InlineData("--StoryPortal:Hubs=many", "StoryPortal:Hubs is 'many'")]
    [InlineData("--StoryPortal:Monitoring=some", "StoryPortal:Monitoring is 'some': it can be on or off.")]
    [InlineData("--StoryPortal:LoadTest:Script=all", "StoryPortal:LoadTest:Script is 'all': it can be load-test, smoke, mixed, stress, spike or soak.")]
    [InlineData("--StoryPortal:LoadTest:Scale=0", "StoryPortal:LoadTest:Scale is '0': it can be a number above 0, such as 0.1.")]
    [InlineData("--StoryPortal:LoadTest:Scale=tenth", "StoryPortal:LoadTest:Scale is 'tenth'")]
    [InlineData("--StoryPortal:Servers=cloud", "StoryPortal:Servers is 'cloud': it can be auto, container or local.")]
    public async Task A_setting_that_means_nothing_is_refused_by_name(string argument, string message)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(async () => await (await Topology.RunInContainers(argument)).DisposeAsync());

        Assert.Contains(message, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_resource_that_runs_has_an_icon_and_says_what_it_is_for()
    {
        await using var topology = await Topology.RunInContainers("--StoryPortal:Hubs=2");

        var running = topology.Resources.Where(resource => resource is ProjectResource or ContainerResource).ToList();
        Assert.Superset(new HashSet<string> { "pgadmin", "redisinsight", "k6", "prometheus", "grafana" }, running.Select(resource => resource.Name).ToHashSet());
        Assert.All(running, resource => Assert.True(resource.HasAnnotationOfType<ResourceIconAnnotation>(), resource.Name));
        Assert.All(running, resource => Assert.True(resource.HasAnnotationOfType<PurposeAnnotation>(), resource.Name));
    }

    [Fact]
    public async Task A_connection_is_a_child_of_its_server()
    {
        await using var topology = await Topology.RunLocally();

        Assert.Equal("postgres", ParentOf("storyportal"));
        Assert.Equal("redis-server", ParentOf("redis"));

        string ParentOf(string resource) => topology[resource].Annotations.OfType<ResourceRelationshipAnnotation>().Single(relation => relation.Type == "Parent").Resource.Name;
    }

    [Fact]
    public async Task A_development_certificate_does_not_turn_Redis_to_TLS()
    {
        await using var topology = await Topology.RunInContainers();

#pragma warning disable ASPIRECERTIFICATES001 // experimental in Aspire 13.6
        var annotation = topology["redis"].Annotations.OfType<HttpsCertificateAnnotation>().Last();
        Assert.Equal((false, null), (annotation.UseDeveloperCertificate, annotation.Certificate));
#pragma warning restore ASPIRECERTIFICATES001
    }
}
