using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>What the AppHost publishes, and what Container Apps accepts.</summary>
public sealed class PublishedTests
{
    [Fact]
    public async Task Postgres_is_a_connection_string_that_is_asked_for_and_no_container()
    {
        await using var topology = await Topology.Publish();

        var database = Assert.IsAssignableFrom<IResourceWithConnectionString>(topology["storyportal"]);
        Assert.DoesNotContain(topology.Resources, resource => resource is PostgresServerResource || resource.Name == "postgres-password");
        foreach (var service in (string[])["data-layer", "service-hub"])
        {
            var connection = (await topology.EnvironmentAsync(topology[service]))["ConnectionStrings__storyportal"];
            Assert.Equal("{storyportal.connectionString}", (connection as IManifestExpressionProvider ?? database).ValueExpression);
        }
    }

    [Fact]
    public async Task Postgres_is_a_container_on_request_without_a_volume()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Postgres=container");

        Assert.Single(topology.Resources.OfType<PostgresServerResource>());
        Assert.Empty(topology["postgres"].Annotations.OfType<ContainerMountAnnotation>());
    }

    [Fact]
    public async Task Redis_is_a_connection_string_that_is_asked_for_on_request_and_no_container()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Redis=external");

        var cache = Assert.IsAssignableFrom<IResourceWithConnectionString>(topology["redis"]);
        Assert.DoesNotContain(topology.Resources, resource => resource is ContainerResource || resource.Name == "redis-password");
        foreach (var service in (string[])["data-layer", "service-hub", "gateway"])
        {
            var connection = (await topology.EnvironmentAsync(topology[service]))["ConnectionStrings__redis"];
            Assert.Equal("{redis.connectionString}", (connection as IManifestExpressionProvider ?? cache).ValueExpression);
        }
    }

    [Fact]
    public async Task Only_the_gateways_HTTP_port_can_be_reached_from_outside()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Hubs=2");

        var external = topology.Resources.SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.IsExternal).Select(endpoint => (resource.Name, endpoint.Name, endpoint.UriScheme)));
        Assert.Equal([("gateway", "http", "http")], external);
    }

    [Theory]
    [InlineData("gateway", "http http 8009, internal http 8010")]
    [InlineData("service-hub", "http2 http2 8013, http tcp 8012")]
    [InlineData("data-layer", "http http 8001")]
    public async Task Each_endpoint_has_a_port_of_its_own_inside_the_container(string service, string expected)
    {
        await using var topology = await Topology.Publish();

        var endpoints = topology[service].Annotations.OfType<EndpointAnnotation>().ToList();
        Assert.Equal(expected, string.Join(", ", endpoints.Select(endpoint => $"{endpoint.Name} {endpoint.Transport} {endpoint.TargetPort}")));

        // One HTTP ingress for each app on Container Apps. azd takes the external endpoint, else the first whose scheme is http; Aspire the one whose transport is HTTP's.
        var azd = endpoints.SingleOrDefault(endpoint => endpoint.IsExternal) ?? endpoints.First(endpoint => endpoint.UriScheme == "http");
        var aspire = endpoints.SingleOrDefault(endpoint => endpoint.IsExternal) ?? endpoints.Single(endpoint => endpoint.Transport.StartsWith("http", StringComparison.Ordinal));
        Assert.Equal(azd, aspire);
    }

    [Fact]
    public async Task The_hubs_ingress_speaks_HTTP2()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Hubs=2");

        foreach (var hub in (string[])["service-hub", "service-hub-2"])
        {
            Assert.Equal("http2", topology[hub].Annotations.OfType<EndpointAnnotation>().First(endpoint => endpoint.UriScheme == "http").Transport);
        }
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    public async Task Every_service_is_probed_where_it_answers_HTTP1(string service)
    {
        await using var topology = await Topology.Publish();

#pragma warning disable ASPIREPROBES001 // experimental in Aspire 13.5
        var probes = topology[service].Annotations.OfType<EndpointProbeAnnotation>().Select(probe => $"{probe.Type} {probe.EndpointReference.EndpointName} {probe.Path}");
#pragma warning restore ASPIREPROBES001
        Assert.Equal(["Startup http /alive", "Readiness http /health/ready", "Liveness http /health/live"], probes);
    }

    [Fact]
    public async Task Gateway_and_hub_are_replicated_on_request_and_the_worker_is_not()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Replicas=3");

        Assert.Equal(3, topology["gateway"].Annotations.OfType<ReplicaAnnotation>().Single().Replicas);
        Assert.Equal(3, topology["service-hub"].Annotations.OfType<ReplicaAnnotation>().Single().Replicas);
        Assert.Empty(topology["data-layer"].Annotations.OfType<ReplicaAnnotation>());
    }

    [Fact]
    public async Task No_service_believes_the_forwarded_headers_of_everybody()
    {
        await using var topology = await Topology.Publish();

        foreach (var service in (string[])["gateway", "service-hub", "data-layer"])
        {
            Assert.DoesNotContain("ASPNETCORE_FORWARDEDHEADERS_ENABLED", (await topology.EnvironmentAsync(topology[service])).Keys);
        }
    }

    [Fact]
    public async Task Every_secret_is_an_input_and_none_has_a_value()
    {
        await using var topology = await Topology.Publish();

        var secrets = topology.Resources.OfType<ParameterResource>().ToList();
        Assert.All(secrets, secret => Assert.True(secret.Secret));
        Assert.Superset(new HashSet<string> { "admin-key", "internal-key", "redis-password" }, secrets.Select(secret => secret.Name).ToHashSet());
    }

    [Fact]
    public async Task The_manifest_that_Aspire_writes_has_one_way_in_every_secret_as_an_input_and_the_arguments_of_Redis_in_the_shells_one_string()
    {
        using var folder = new TemporaryFolder();
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.StoryPortal_AppHost>(
            ["--operation", "publish", "--step", "publish-manifest", "--output-path", folder.FullPath], Topology.Deadline);
        await using (var app = await builder.BuildAsync(Topology.Deadline))
        {
            await app.RunAsync(Topology.Deadline);
        }

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder.FullPath, "aspire-manifest.json")));
        var resources = manifest.RootElement.GetProperty("resources");

        var external = resources.EnumerateObject().Where(resource => resource.Value.TryGetProperty("bindings", out _))
            .SelectMany(resource => resource.Value.GetProperty("bindings").EnumerateObject().Select(binding => (Resource: resource.Name, Binding: binding)))
            .Where(endpoint => endpoint.Binding.Value.TryGetProperty("external", out var isExternal) && isExternal.GetBoolean());
        Assert.Equal(["gateway http"], external.Select(endpoint => $"{endpoint.Resource} {endpoint.Binding.Name}"));

        foreach (var name in (string[])["admin-key", "internal-key", "redis-password"])
        {
            var parameter = resources.GetProperty(name);
            Assert.Equal("parameter.v0", parameter.GetProperty("type").GetString());
            Assert.True(parameter.GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean(), name);
        }

        var redis = resources.GetProperty("redis");
        Assert.Equal("/bin/sh", redis.GetProperty("entrypoint").GetString());
        var arguments = redis.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()).ToList();
        Assert.Equal(2, arguments.Count);
        Assert.Equal("-c", arguments[0]);
        Assert.StartsWith("exec redis-server ", arguments[1], StringComparison.Ordinal);
        Assert.EndsWith(" --maxmemory 512mb --maxmemory-policy allkeys-lru --save ''", arguments[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--StoryPortal:Publish:Postgres=cloud", "StoryPortal:Publish:Postgres is 'cloud': it can be external or container.")]
    [InlineData("--StoryPortal:Publish:Redis=cloud", "StoryPortal:Publish:Redis is 'cloud': it can be container or external.")]
    [InlineData("--StoryPortal:Publish:Replicas=0", "StoryPortal:Publish:Replicas is '0': it can be 1 to 16.")]
    public async Task A_setting_that_means_nothing_is_refused_by_name(string argument, string message)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(async () => await (await Topology.Publish(argument)).DisposeAsync());

        Assert.Contains(message, exception.ToString(), StringComparison.Ordinal);
    }
}
