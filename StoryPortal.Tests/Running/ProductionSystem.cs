using System.Globalization;
using Npgsql;
using StoryPortal.Tests.Gateway;

namespace StoryPortal.Tests.Running;

/// <summary>
/// A hub and the gateway in front of it as operators run them: processes outside Development, with a database and a Redis of their own.
/// It has no worker, and registers nothing by itself.
/// </summary>
public sealed class ProductionSystem : IAsyncLifetime
{
    private readonly StoryPortalSystem _servers;
    private readonly Dictionary<string, string> _settings;

    /// <summary>One on the database server of a system.</summary>
    public ProductionSystem(StoryPortalSystem servers) : this(servers, [])
    {
    }

    internal ProductionSystem(StoryPortalSystem servers, Dictionary<string, string> settings) => (_servers, _settings) = (servers, settings);

    /// <summary>Another way to the database server than the direct one: <c>127.0.0.1:port</c>.</summary>
    internal string? DatabaseAddress { get; init; }

    internal OwnDatabase Database { get; private set; } = null!;

    internal RedisServer Redis { get; private set; } = null!;

    internal ProductProcess HubProcess { get; private set; } = null!;

    internal GatewayProcess Gateway { get; private set; } = null!;

    /// <summary>The hub's HTTP/1.1 port, as a caller without a key.</summary>
    internal HttpClient Hub { get; private set; } = null!;

    /// <summary>The port on which the hub hears the gateway.</summary>
    internal int Http2Port { get; private set; }

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public async Task DisposeAsync()
    {
        Hub?.Dispose();
        await Fixtures.DisposeAllAsync(Gateway, HubProcess, Redis, Database);
    }

    private async Task StartAsync()
    {
        Database = await OwnDatabase.WithTablesAsync(_servers);
        Redis = await RedisServer.StartAsync("--requirepass", RedisPassword);
        var ports = ReservedPorts.Take(2);
        Http2Port = ports[1];
        var environment = new Dictionary<string, string>
        {
            ["Listen__Http2"] = ports[1].ToString(CultureInfo.InvariantCulture),
            ["Authentication__AdminKey"] = GatewayProcess.AdminKey,
            ["Authentication__InternalKey"] = GatewayProcess.InternalKey,
            ["ConnectionStrings__storyportal"] = Connection(Database.Direct.String),
            ["ConnectionStrings__redis"] = RedisConnection,
            ["Database__MaxPoolSize"] = "6",
        };
        foreach (var (name, value) in GenerousTimeouts.Services.Concat(_settings))
        {
            environment[name] = value;
        }

        HubProcess = await ProductProcess.StartAsync("StoryPortal.ServiceHub", ports[0], environment);
        Hub = GatewayProcess.Client(ports[0], _servers.Contract);
        Gateway = await GatewayProcess.StartAsync(
            [ports[1]], _servers.Contract,
            [
                $"--ConnectionStrings:redis={RedisConnection}", "--RateLimiting:RequestsPerMinute=100000000", "--RateLimiting:RequestsPerMinutePerAddress=100000000",
                .. GenerousTimeouts.Gateway.Concat(_settings).Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
            ]);
    }

    private string Connection(string direct) => DatabaseAddress?.Split(':') is [var host, var port]
        ? new NpgsqlConnectionStringBuilder(direct) { Host = host, Port = int.Parse(port, CultureInfo.InvariantCulture) }.ConnectionString
        : direct;

    /// <summary>How the system's Redis is reached.</summary>
    internal string RedisConnection => $"{Redis.Address},password={RedisPassword}";

    /// <summary>What Redis asks for.</summary>
    internal const string RedisPassword = "the-redis-password-of-this-system";
}

/// <summary>That of the shared system, for the tests of a class.</summary>
public sealed class SharedProduction(StoryPortalSystem servers) : IAsyncLifetime
{
    internal ProductionSystem System { get; private set; } = null!;

    public async Task InitializeAsync() => System = await servers.ProductionAsync();

    public Task DisposeAsync() => Task.CompletedTask;
}
