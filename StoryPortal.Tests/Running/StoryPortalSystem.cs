using System.Net;
using System.Net.Http.Headers;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace StoryPortal.Tests.Running;

/// <summary>The whole system as a user starts it, with data of its own; shared by the tests that only talk to it.</summary>
public sealed class StoryPortalSystem : IAsyncLifetime
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(4);

    private readonly TemporaryFolder _data = new();
    private readonly string[] _arguments;
    private readonly Action<IDistributedApplicationTestingBuilder> _configure;
    private readonly bool _hasDashboard;
    private DistributedApplication? _app;
    private ProductionSystem? _production;

    /// <summary>The system as it is.</summary>
    public StoryPortalSystem() : this([])
    {
    }

    internal StoryPortalSystem(string[] arguments, Action<IDistributedApplicationTestingBuilder>? configure = null, bool hasDashboard = false) =>
        (_arguments, _configure, _hasDashboard) = (arguments, configure ?? (_ => { }), hasDashboard);

    /// <summary>Whether the processes have the product's own timeouts instead of <see cref="GenerousTimeouts"/>: for tests of outages.</summary>
    internal bool HasDefaultTimeouts { get; init; }

    /// <summary>The gateway, as a caller with the admin key.</summary>
    public HttpClient Gateway { get; private set; } = null!;

    /// <summary>The gateway, as a caller without a key.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>The gateway over HTTPS and HTTP/2, as a caller with the admin key.</summary>
    public HttpClient Secure { get; private set; } = null!;

    /// <summary>The hub's HTTP/1.1 port.</summary>
    public HttpClient Hub { get; private set; } = null!;

    /// <summary>The hub's HTTP/2 port, as a process of the system.</summary>
    public HttpClient Internal { get; private set; } = null!;

    /// <summary>The system's database.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    /// <summary>How to reach the system's database.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>What the responses of its hubs are checked against.</summary>
    internal ResponseContract? Contract { get; private set; }

    /// <summary>The running application.</summary>
    public DistributedApplication App => _app!;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    private async Task StartAsync()
    {
        using var deadline = new CancellationTokenSource(StartTimeout);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.StoryPortal_AppHost>(
            [$"--StoryPortal:DataDirectory={_data.FullPath}", "--StoryPortal:Monitoring=off", $"--Parameters:admin-key={AdminKey}", $"--Parameters:internal-key={InternalKey}", .. PortRange.Next(), .. _arguments],
            (options, _) => options.DisableDashboard = !_hasDashboard,
            deadline.Token);

        foreach (var process in builder.Resources.OfType<ProjectResource>().ToList())
        {
            IEnumerable<KeyValuePair<string, string>> timeouts = HasDefaultTimeouts ? [] : process.Name == "gateway" ? GenerousTimeouts.Gateway : GenerousTimeouts.Services;
            foreach (var (name, value) in ProductProcess.ShortLife.Concat(timeouts))
            {
                builder.CreateResourceBuilder(process).WithEnvironment(name, value);
            }
        }

        // It would delete the rows of whichever test stores old ones, at whichever minute it comes.
        builder.Resources.Single(resource => resource.Name == "data-layer").Annotations.Add(new EnvironmentCallbackAnnotation(context =>
        {
            context.EnvironmentVariables["Maintenance__Retention__Schedule"] = "off";
            return Task.CompletedTask;
        }));
        builder.Services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new ResponseContractHandler(() => Contract)));
        _configure(builder);
        _app = await builder.BuildAsync(deadline.Token);
        await _app.StartHealthyAsync(StartTimeout);

        Anonymous = _app.CreateHttpClient("gateway", "http");
        Contract = await ResponseContract.ReadAsync(Anonymous);
        Gateway = _app.CreateHttpClient("gateway", "http");
        Gateway.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        Gateway.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        Secure = CreateSecureClient(_app.GetEndpoint("gateway", "https"));
        Hub = _app.CreateHttpClient("service-hub", "http");
        Internal = _app.CreateHttpClient("service-hub", "http2");
        Internal.DefaultRequestVersion = HttpVersion.Version20;
        Internal.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        Internal.DefaultRequestHeaders.Add("X-Internal-Key", InternalKey);
        ConnectionString = (await _app.GetConnectionStringAsync("storyportal", deadline.Token))!;
        Database = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>A hub's HTTP/1.1 port, as a caller with the admin key.</summary>
    public HttpClient CreateHubClient(string resource = "service-hub")
    {
        var client = App.CreateHttpClient(resource, "http");
        client.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        return client;
    }

    /// <summary>A hub and a gateway outside Development on the servers of this system, shared by the tests that leave their settings alone; started when the first asks.</summary>
    internal async Task<ProductionSystem> ProductionAsync()
    {
        if (_production is null)
        {
            var production = new ProductionSystem(this);
            await production.InitializeAsync();
            _production = production;
        }

        return _production;
    }

    public async Task DisposeAsync()
    {
        var (app, production) = (_app, _production);
        (_app, _production) = (null, null); // whoever failed to start is disposed of twice
        try
        {
            await (production?.DisposeAsync() ?? Task.CompletedTask);
            await Fixtures.DisposeAllAsync(Database, app);
        }
        finally
        {
            _data.Dispose();
        }
    }

    private HttpClient CreateSecureClient(Uri gateway)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        var client = new HttpClient(new ResponseContractHandler(() => Contract) { InnerHandler = handler })
        {
            BaseAddress = gateway,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        return client;
    }

    /// <summary>The admin key of the system.</summary>
    public const string AdminKey = "the-admin-key-of-the-tests";

    /// <summary>The key by which its processes know each other.</summary>
    internal const string InternalKey = "the-internal-key-of-the-tests";
}

/// <summary>Tests of this collection share one system and leave it as they found it, but for rows of their own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedSystem : ICollectionFixture<StoryPortalSystem>
{
    public const string Name = "Story Portal";
}
