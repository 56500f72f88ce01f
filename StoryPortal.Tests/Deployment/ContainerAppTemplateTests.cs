using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.AppHost;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Deployment;

/// <summary>azd deploys from templates of ours what the AppHost publishes, with the probes, replicas and limits that its own templates do not have.</summary>
public sealed class ContainerAppTemplateTests
{
    private static readonly string[] Services = ["gateway", "service-hub", "data-layer"];
    private static readonly string[] Apps = [.. Services, "redis"];

    [Fact]
    public async Task Every_app_that_azd_deploys_has_a_template_that_azd_finds_by_its_name()
    {
        await using var topology = await Topology.Publish();

        Assert.Equal(
            topology.Resources.Where(resource => resource is ProjectResource or ContainerResource).Select(resource => resource.Name).Order(),
            ContainerAppTemplate.Names.Order());
        Assert.All(Apps, app =>
        {
            var template = ContainerAppTemplate.Of(app);
            Assert.Equal((app, app, app), (template.Container.Name, template.Tags["azd-service-name"], template.Tags["aspire-resource-name"]));
            Assert.Equal("{{ .Image }}", template.Container.Image);
            Assert.Contains("\napi-version: \"2024-03-01\"", ContainerAppTemplate.Text(app), StringComparison.Ordinal); // azd takes a date for none
        });
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    public Task Services_get_the_variables_that_the_AppHost_gives_them_with_the_values_that_azd_would_put_in(string name) => HasItsVariablesAsync(name, "container");

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    public Task The_same_with_a_Redis_that_is_there_already(string name) => HasItsVariablesAsync(name, "external", ("STORY_PORTAL_EXTERNAL_REDIS", "true"));

    private static async Task HasItsVariablesAsync(string name, string redis, params (string Name, string Value)[] environment)
    {
        await using var topology = await Topology.Publish($"--StoryPortal:Publish:Redis={redis}");
        var azd = new AzdManifest(topology);

        // What Aspire itself gives every project is not ours to say, but for one: what could not be sent to a collector is sent again.
        string[] settings = ["Authentication__", "ConnectionStrings__", "Registration__", "services__"];
        var published = (await topology.EnvironmentAsync(topology[name]))
            .Where(pair => settings.Any(prefix => pair.Key.StartsWith(prefix, StringComparison.Ordinal)))
            .Select(pair => KeyValuePair.Create(pair.Key, azd.Evaluate(pair.Value)))
            .Concat(topology[name].Annotations.OfType<EndpointAnnotation>().Select(endpoint => KeyValuePair.Create(
                $"Listen__{char.ToUpperInvariant(endpoint.Name[0])}{endpoint.Name[1..]}", Convert.ToString(endpoint.TargetPort, CultureInfo.InvariantCulture)!)))
            .Append(KeyValuePair.Create("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory"));
        Assert.Equal(published.OrderBy(pair => pair.Key), ContainerAppTemplate.Of(name, environment).Variables.OrderBy(pair => pair.Key));
    }

    [Fact]
    public async Task Redis_gets_the_arguments_and_the_password_that_are_published()
    {
        await using var topology = await Topology.Publish();
        var redis = ContainerAppTemplate.Of("redis");

        Assert.Equal([((ContainerResource)topology["redis"]).Entrypoint!], redis.Container.Command);
        Assert.Equal(await topology.ArgumentsAsync(topology["redis"]), redis.Container.Args);
        var published = (await topology.EnvironmentAsync(topology["redis"])).Select(pair => KeyValuePair.Create(pair.Key, new AzdManifest(topology).Evaluate(pair.Value)));
        Assert.Equal(published, redis.Variables);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    [InlineData("redis")]
    public void No_secret_is_plain(string name)
    {
        var template = ContainerAppTemplate.Of(name);
        var secrets = template.Properties.Configuration.Secrets;

        Assert.All(secrets, secret => Assert.Contains("{{ securedParameter ", secret.Value, StringComparison.Ordinal));
        Assert.Equal(secrets.Select(secret => secret.Name).Order(), template.Container.Env.Where(variable => variable.SecretRef is not null).Select(variable => variable.SecretRef!).Order());
        Assert.All(template.Container.Env.Where(variable => variable.SecretRef is null), variable =>
        {
            Assert.DoesNotContain("securedParameter", variable.Value, StringComparison.Ordinal);
            Assert.DoesNotContain(["Authentication__", "ConnectionStrings__", "PASSWORD"], part => variable.Name.Contains(part, StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    [InlineData("redis")]
    public async Task An_app_has_the_ingress_that_azd_would_choose_and_its_other_ports_beside_it(string name)
    {
        await using var topology = await Topology.Publish();
        var chosen = AzdManifest.IngressOf(topology[name]);
        var others = topology[name].Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint != chosen);
        var ingress = ContainerAppTemplate.Of(name).Ingress;

        var transport = chosen.Transport == "http" ? "auto" : chosen.Transport; // HTTP/2 as well, where a client asks for it
        Assert.Equal((chosen.TargetPort, transport, chosen.IsExternal), (ingress.TargetPort, ingress.Transport, ingress.External));
        Assert.Equal(AzdManifest.IsHttp(chosen) && !chosen.IsExternal, ingress.AllowInsecure); // inside, addresses begin with http
        Assert.Equal(AzdManifest.IsHttp(chosen) ? null : chosen.TargetPort, ingress.ExposedPort);
        Assert.Equal(others.Select(endpoint => (endpoint.TargetPort, endpoint.IsExternal)), ingress.AdditionalPortMappings.Select(port => ((int?)port.TargetPort, port.External)));
    }

    [Fact]
    public void Only_the_gateway_can_be_reached_from_outside_and_by_one_port()
    {
        var external = Apps.SelectMany(app => ContainerAppTemplate.Of(app).Ingress is var ingress
            ? ingress.AdditionalPortMappings.Append(ingress).Where(port => port.External).Select(port => (app, port.TargetPort))
            : []);
        Assert.Equal([("gateway", 8009)], external);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    public async Task Services_are_probed_as_the_AppHost_asks(string name)
    {
        await using var topology = await Topology.Publish();

#pragma warning disable ASPIREPROBES001 // experimental in Aspire 13.5
        var asked = topology[name].Annotations.OfType<EndpointProbeAnnotation>().Select(probe => (
            probe.Type.ToString(),
            probe.Path,
            topology[name].Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == probe.EndpointReference.EndpointName).TargetPort));
#pragma warning restore ASPIREPROBES001
        Assert.Equal(asked, ContainerAppTemplate.Of(name).Container.Probes.Select(probe => (probe.Type, probe.HttpGet!.Path, (int?)probe.HttpGet.Port)));
    }

    [Fact]
    public void Redis_is_probed_where_it_listens()
    {
        Assert.Equal(
            [("Startup", 6379), ("Readiness", 6379), ("Liveness", 6379)],
            ContainerAppTemplate.Of("redis").Container.Probes.Select(probe => (probe.Type, probe.TcpSocket!.Port)));
    }

    [Fact]
    public void Probes_keep_within_what_the_platform_allows() =>
        Assert.All(Apps.SelectMany(app => ContainerAppTemplate.Of(app).Container.Probes), probe =>
        {
            Assert.InRange(probe.FailureThreshold, 0, 10);
            Assert.InRange(probe.InitialDelaySeconds, 0, 60);
        });

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    [InlineData("redis")]
    public void Limits_are_documented_allowed_and_at_least_twice_what_was_measured(string name)
    {
        var resources = ContainerAppTemplate.Of(name).Container.Resources;
        var documented = DocumentedLimit.All.Single(row => row.Name == name);

        Assert.Equal(documented.OnContainerApps, string.Create(CultureInfo.InvariantCulture, $"{resources.Cpu:0.##} CPU, {resources.Memory}"));
        Assert.Contains(resources.Cpu, Enumerable.Range(1, 16).Select(quarters => quarters / 4m));
        Assert.EndsWith("Gi", resources.Memory, StringComparison.Ordinal);
        var gibibytes = decimal.Parse(resources.Memory[..^2], CultureInfo.InvariantCulture);
        Assert.Equal(2 * resources.Cpu, gibibytes); // the platform takes no other pair
        Assert.True(gibibytes * 1024 >= 2 * documented.Peak, $"{name} was seen with {documented.Peak} MiB and gets {gibibytes} GiB.");
    }

    [Theory]
    [InlineData("gateway", "STORY_PORTAL_GATEWAY_REPLICAS")]
    [InlineData("service-hub", "STORY_PORTAL_HUB_REPLICAS")]
    public async Task Gateway_and_hub_have_as_many_replicas_as_published_and_others_on_request(string name, string setting)
    {
        await using var topology = await Topology.Publish();
        var published = topology[name].Annotations.OfType<ReplicaAnnotation>().Single().Replicas;

        var (asPublished, asked) = (ContainerAppTemplate.Of(name).Scale, ContainerAppTemplate.Of(name, (setting, "3")).Scale);
        Assert.Equal((published, published, 3, 3), (asPublished.MinReplicas, asPublished.MaxReplicas, asked.MinReplicas, asked.MaxReplicas));
    }

    [Theory]
    [InlineData("data-layer")]
    [InlineData("redis")]
    public void The_worker_and_Redis_are_one_each(string name)
    {
        var scale = ContainerAppTemplate.Of(name, ("STORY_PORTAL_GATEWAY_REPLICAS", "3"), ("STORY_PORTAL_HUB_REPLICAS", "3")).Scale;

        Assert.Equal((1, 1), (scale.MinReplicas, scale.MaxReplicas));
    }

    [Fact]
    public void Services_have_time_to_hand_over() =>
        Assert.All(Services, service => Assert.True(ContainerAppTemplate.Of(service).Properties.Template.TerminationGracePeriodSeconds >= 20));

    [Fact]
    public void The_gateway_believes_the_proxies_that_it_is_told_of_and_otherwise_none()
    {
        const string Networks = "ForwardedHeaders__KnownNetworks";

        Assert.DoesNotContain(ContainerAppTemplate.Of("gateway").Variables, variable => variable.Key == Networks);
        Assert.Contains(KeyValuePair.Create(Networks, "10.0.0.0/8"), ContainerAppTemplate.Of("gateway", ("STORY_PORTAL_PROXY_NETWORKS", "10.0.0.0/8")).Variables);
    }

    [Fact]
    public void An_image_has_the_one_tag_that_azd_names() =>
        Assert.Contains(
            """<ContainerImageTags Condition="'$(ContainerImageTag)' == ''">""", File.ReadAllText(Repository.PathOf("Directory.Build.targets")), StringComparison.Ordinal);
}
