using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.AppHost;

namespace StoryPortal.Tests.Deployment;

/// <summary>docker-compose.yaml runs what the AppHost runs, with the same settings.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Services = ["data-layer", "service-hub", "gateway"];

    [Fact]
    public async Task It_has_the_resources_of_the_AppHost()
    {
        await using var topology = await Topology.RunInContainers();

        Assert.Equal(
            topology.Resources.Where(resource => resource is ProjectResource or ContainerResource)
                .Where(resource => !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any()) // tools that a developer starts by hand
                .Select(resource => resource.Name).Order(),
            Compose.File.Services.Keys.Order());
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("redis")]
    [InlineData("prometheus")]
    [InlineData("grafana")]
    public async Task Containers_have_the_same_image(string name)
    {
        await using var topology = await Topology.RunInContainers();

        var image = topology[name].Annotations.OfType<ContainerImageAnnotation>().Last();
        Assert.Equal($"docker.io/{image.Image}:{image.Tag}", Compose.File.Services[name].Image);
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("redis")]
    public async Task Servers_get_the_arguments_that_are_published(string name)
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Postgres=container");

        // Compose writes $$ for what a shell is to see as $.
        Assert.Equal(
            await topology.ArgumentsAsync(topology[name]),
            Compose.File.Services[name].Command.Select(argument => argument.Replace("$$", "$", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("data-layer")]
    [InlineData("service-hub")]
    [InlineData("gateway")]
    public async Task Services_get_the_variables_that_the_AppHost_gives_them_and_listen_on_the_published_ports(string name)
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Postgres=container");
        var service = Compose.File.Services[name];

        // What only tells where the hub's other port is, and what Aspire gives every project, decides nothing.
        string[] settings = ["Authentication__", "ConnectionStrings__", "Registration__", "services__service-hub__http2__"];
        var published = (await topology.EnvironmentAsync(topology[name])).Keys.Where(key => settings.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)));
        var here = service.Environment.Keys.Where(key => settings.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)));
        Assert.Equal(published.Order(), here.Order());

        Assert.Equal(
            topology[name].Annotations.OfType<EndpointAnnotation>().Select(endpoint => endpoint.TargetPort?.ToString(CultureInfo.InvariantCulture)).Order(),
            service.Environment.Where(pair => pair.Key.StartsWith("Listen__", StringComparison.Ordinal)).Select(pair => (string?)pair.Value).Order());
    }

    [Fact]
    public void Prometheus_hears_of_every_service_at_the_port_of_its_metrics()
    {
        string[] expected = ["data-layer data-layer:8001", "gateway gateway:8010", "service-hub service-hub:8012"];

        Assert.Equal(expected, Compose.File.Services["prometheus"].Environment.Values.Order());
        Assert.Equal("http://grafana:3000", Compose.File.Services["service-hub"].Environment["Monitoring__GrafanaUrl"]);
    }

    [Fact]
    public void Only_the_gateway_and_Grafana_can_be_reached_and_by_default_from_this_machine_alone()
    {
        Assert.Equal(["gateway", "grafana"], Compose.File.Services.Where(service => service.Value.Ports.Count > 0).Select(service => service.Key).Order());
        Assert.All(Compose.File.Services.Values.SelectMany(service => service.Ports), port => Assert.Contains("127.0.0.1", port, StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_starts_before_the_servers_that_it_needs_are_healthy()
    {
        foreach (var (name, service) in Compose.File.Services)
        {
            foreach (var (needed, how) in service.DependsOn)
            {
                Assert.Equal((name, needed, Services.Contains(needed) ? "service_started" : "service_healthy"), (name, needed, how["condition"])); // ours wait for each other by themselves
            }
        }

        Assert.All(Services, service => Assert.Contains("redis", Compose.File.Services[service].DependsOn.Keys));
        Assert.NotNull(Compose.File.Services["postgres"].HealthCheck);
        Assert.NotNull(Compose.File.Services["redis"].HealthCheck);
    }

    [Fact]
    public void Each_of_our_services_is_healthy_when_it_says_itself_that_it_is_ready()
    {
        foreach (var service in Services.Select(name => Compose.File.Services[name]))
        {
            Assert.Equal(["CMD", "dotnet", $"/app/{service.Build!.Args["PROJECT"]}.dll", "health"], Assert.IsType<List<object>>(service.HealthCheck!["test"]));
        }
    }

    [Fact]
    public void Everything_has_limits_and_data_has_volumes()
    {
        Assert.All(Compose.File.Services.Values, service => Assert.Equal(["cpus", "memory"], service.Deploy["resources"]["limits"].Keys.Order()));
        Assert.Contains("postgres:/var/lib/postgresql", Compose.File.Services["postgres"].Volumes);
    }

    // The images of our services have a user of their own: DockerfileTests.
    [Fact]
    public void No_container_runs_as_root_or_has_capabilities_and_all_but_Grafana_have_a_read_only_file_system()
    {
        Assert.All(Compose.File.Services, pair =>
        {
            var (name, service) = pair;
            Assert.Equal((name, "ALL"), (name, Assert.Single(service.CapDrop)));
            Assert.Equal((name, "no-new-privileges:true"), (name, Assert.Single(service.SecurityOpt)));
            Assert.Empty(service.CapAdd);
            Assert.False(service.Privileged);
            Assert.Equal((name, null, null), (name, service.NetworkMode, service.Pid));
            Assert.Equal((name, Services.Contains(name)), (name, service.User is null));
            Assert.DoesNotContain(service.User ?? "", (string[])["root", "0"]);
            Assert.DoesNotContain(service.Volumes, volume => volume.Contains("docker.sock", StringComparison.Ordinal));
        });
        Assert.Equal(["grafana"], Compose.File.Services.Where(pair => !pair.Value.ReadOnly).Select(pair => pair.Key));
    }

    [Fact]
    public void Limits_of_memory_are_the_documented_ones_and_at_least_twice_what_was_measured()
    {
        Assert.Superset(new HashSet<string>([.. Services, "postgres", "redis"]), DocumentedLimit.All.Select(row => row.Name).ToHashSet());
        Assert.All(DocumentedLimit.All, row =>
        {
            Assert.Equal(row.Limit, MebibytesOf(Compose.File.Services[row.Name].Deploy["resources"]["limits"]["memory"]));
            Assert.True(row.Limit >= 2 * row.Peak, $"{row.Name} was seen with {row.Peak} MiB and may have {row.Limit}.");
        });
    }

    private static int MebibytesOf(string memory) => int.Parse(memory[..^1], CultureInfo.InvariantCulture) * (memory[^1] == 'g' ? 1024 : 1);

    [Fact]
    public void Each_service_is_built_from_its_project_and_each_secret_is_in_the_example()
    {
        string[] projects = ["StoryPortal.DataLayer", "StoryPortal.ServiceHub", "StoryPortal.Gateway"];
        Assert.Equal(projects, Services.Select(service => Compose.File.Services[service].Build!.Args["PROJECT"]));

        var example = File.ReadAllLines(Running.Repository.PathOf(".env.example")).Select(line => line.Split('=')[0]);
        var needed = Compose.File.Services.Values.SelectMany(service => service.Environment.Values)
            .SelectMany(value => value.Split("${")[1..]).Select(value => value.Split(':')[0]).Distinct();
        Assert.Subset(example.ToHashSet(), needed.ToHashSet());
    }
}
