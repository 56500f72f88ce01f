using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>A system with two hubs in which every way between two processes leads through a proxy.</summary>
public sealed class FaultySystem : IAsyncLifetime
{
    private const string Password = "the-password-of-the-tests";

    private readonly Dictionary<string, int> _serverPorts = [];
    private readonly ConcurrentDictionary<(string Resource, string Endpoint), int> _ports = [];
    private readonly List<IAsyncDisposable> _toEnd = [];

    /// <summary>The system.</summary>
    public StoryPortalSystem System { get; }

    /// <summary>The load's way to the gateway.</summary>
    internal HttpClient Client { get; private set; } = null!;

    internal TcpProxy Postgres { get; }

    internal TcpProxy Redis { get; }

    internal TcpProxy FirstHub { get; }

    internal TcpProxy SecondHub { get; }

    /// <summary>The worker's own way to Postgres: nobody else asks the worker for anything.</summary>
    internal TcpProxy Worker { get; }

    internal TcpProxy Gateway { get; }

    public FaultySystem()
    {
        System = new(
            ["--StoryPortal:Hubs=2", "--StoryPortal:Servers=local", $"--Parameters:postgres-password={Password}", $"--Parameters:redis-password={Password}"], Configure)
        {
            HasDefaultTimeouts = true,
        };
        Postgres = Way(() => _serverPorts["postgres"]);
        Worker = Way(() => _serverPorts["postgres"]);
        Redis = Way(() => _serverPorts["redis-server"]);
        FirstHub = Way(() => PortOf("service-hub", "http2"));
        SecondHub = Way(() => PortOf("service-hub-2", "http2"));
        Gateway = Way(() => PortOf("gateway", "http"));
    }

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        await System.DisposeAsync();
        await Fixtures.DisposeAllAsync(_toEnd);
        _toEnd.Clear();
    }

    private async Task StartAsync()
    {
        await System.InitializeAsync();
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Gateway.Port}"), Timeout = TimeSpan.FromSeconds(30) };
        Client.DefaultRequestHeaders.Add("X-API-Key", StoryPortalSystem.AdminKey);
    }

    // Kept, because connections also come after the application was stopped. Before the endpoint is allocated the port refuses, as one without a listener.
    private int PortOf(string resource, string endpoint) => _ports.GetOrAdd((resource, endpoint), key =>
    {
        var resources = System.App.Services.GetRequiredService<DistributedApplicationModel>().Resources;
        var reference = resources.OfType<IResourceWithEndpoints>().Single(known => known.Name == key.Resource).GetEndpoint(key.Endpoint);
        return reference.IsAllocated ? reference.Port : throw new SocketException((int)SocketError.ConnectionRefused);
    });

    private TcpProxy Way(Func<int> target)
    {
        var way = new TcpProxy(target);
        _toEnd.Add(way);
        return way;
    }

    private void Configure(IDistributedApplicationTestingBuilder builder)
    {
        // Known before the start, when the first connections come through the proxies.
        foreach (var name in (string[])["postgres", "redis-server"])
        {
            var endpoint = builder.Resources.Single(resource => resource.Name == name).Annotations.OfType<EndpointAnnotation>().Single();
            endpoint.Port = endpoint.TargetPort = _serverPorts[name] = ReservedPorts.Take(1)[0];
        }

        foreach (var project in builder.Resources.OfType<ProjectResource>().ToList())
        {
            var (resource, isHub, isWorker) = (builder.CreateResourceBuilder(project), project.Name.StartsWith("service-hub", StringComparison.Ordinal), project.Name == "data-layer");
            resource.WithEnvironment("ConnectionStrings__redis", Text($"127.0.0.1:{Redis.Port},password={Password}"));
            if (isHub || isWorker)
            {
                var port = isWorker ? Worker.Port : Postgres.Port;
                resource.WithEnvironment("ConnectionStrings__storyportal", Text($"Host=127.0.0.1;Port={port};Username=postgres;Password={Password};Database=storyportal"));

                // This machine is busy with other tests, and a hub that has just started is compiled while it answers. That two seconds are kept, OutageTests show.
                resource.WithEnvironment("Cache__AcknowledgementMilliseconds", "100");
                resource.WithEnvironment("Cache__TimeoutMilliseconds", "8000");
                resource.WithEnvironment("Database__QuickCommandTimeoutSeconds", "8");
                resource.WithEnvironment("Database__ConnectTimeoutSeconds", "8");
            }
            else
            {
                resource.WithEnvironment("services__service-hub__http2__0", Text($"http://127.0.0.1:{FirstHub.Port}"));
                resource.WithEnvironment("services__service-hub-2__http2__0", Text($"http://127.0.0.1:{SecondHub.Port}"));
            }

            resource.WithEnvironment("Drain__Seconds", "3"); // as outside of Development
        }
    }

    // The interpolated text itself, not Aspire's expression of it.
    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Tests of this collection take turns with one such system, and mend what they break.</summary>
[CollectionDefinition(Name)]
public sealed class SharedFaultySystem : ICollectionFixture<FaultySystem>
{
    public const string Name = "Faulty system";
}
