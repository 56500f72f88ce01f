using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Npgsql;
using StoryPortal.Bench.Measurement;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Servers;

/// <summary>A Story Portal of the benchmark's own: every feature on, its own data, free ports.</summary>
internal sealed class MeasuredSystem : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    // The settings of a busy installation.
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["DOTNET_ENVIRONMENT"] = "Development", // of the AppHost alone
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["ASPNETCORE_URLS"] = "http://localhost:15080", // of the Aspire dashboard; random ports replace it
        ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://localhost:15081",
        ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = "http://localhost:15082",
        ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
        ["StoryPortal__Environment"] = "Production",
        ["Telemetry__SampleRatio"] = "0.01",
        ["RateLimiting__RequestsPerMinute"] = "100000000", // counted, not reached
    };

    /// <summary>The services of the product, by the names that <see cref="AddToAsync"/> gives them.</summary>
    public static IReadOnlyList<string> ServiceNames { get; } = ["gateway", "service-hub", "data-layer"];

    private readonly ChildProgram _appHost;
    private readonly IReadOnlyDictionary<string, string> _announced;
    private string? _redisProgram;
    private int _postgresId;

    private MeasuredSystem(ChildProgram appHost, IReadOnlyDictionary<string, string> announced, TimeSpan start)
    {
        (_appHost, _announced, StartTime) = (appHost, announced, start);
        Gateway = Service("StoryPortal.Gateway", announced["GATEWAY_URL"]);
        Hub = Service("StoryPortal.ServiceHub", announced["SERVICE_HUB_URL"]);
        DataLayer = Service("StoryPortal.DataLayer", announced["DATA_LAYER_URL"]);

        // Few connections of our own: those of pgbench and of the system must fit into max_connections.
        ConnectionString = new NpgsqlConnectionStringBuilder(DatabaseUrl.ToConnectionString(announced["DATABASE_URL"]))
        {
            ApplicationName = ConnectionSampler.BenchmarkApplicationName,
            MaxPoolSize = 4,
            ConnectionIdleLifetime = 2,
            ConnectionPruningInterval = 1,
        }.ConnectionString;
        Database = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>From the start of the AppHost until everything was healthy.</summary>
    public TimeSpan StartTime { get; }

    /// <summary>The key with all scopes.</summary>
    public string Key => _announced["ADMIN_KEY"];

    public ServiceProcess Gateway { get; }

    public ServiceProcess Hub { get; }

    public ServiceProcess DataLayer { get; }

    public string ConnectionString { get; }

    public int RedisPort => new Uri(_announced["REDIS_URL"]).Port;

    public NpgsqlDataSource Database { get; }

    /// <summary>The environment with which programs of Postgres find the database.</summary>
    public IReadOnlyDictionary<string, string> PostgresVariables
    {
        get
        {
            var connection = new NpgsqlConnectionStringBuilder(ConnectionString);
            return new Dictionary<string, string>
            {
                ["PGHOST"] = connection.Host!,
                ["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = connection.Username!,
                ["PGPASSWORD"] = connection.Password!,
                ["PGDATABASE"] = connection.Database!,
            };
        }
    }

    /// <summary>Starts a system with empty data and waits until it is healthy.</summary>
    public static async Task<MeasuredSystem> StartAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(BenchmarkPaths.Data))
        {
            Directory.Delete(BenchmarkPaths.Data, recursive: true);
        }

        var folder = Path.Combine(BenchmarkPaths.Repository, "artifacts", "bin", "StoryPortal.AppHost", "release");
        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(folder, "StoryPortal.AppHost.dll"),
            $"--StoryPortal:DataDirectory={BenchmarkPaths.Data}",
            "--DcpPublisher:RandomizePorts=true",
        ])
        {
            WorkingDirectory = Path.Combine(BenchmarkPaths.Repository, "StoryPortal.AppHost"),
        };
        foreach (var (name, value) in Settings)
        {
            start.Environment[name] = value;
        }

        var watch = Stopwatch.StartNew();
        var appHost = ChildProgram.Start("apphost", start);
        try
        {
            var announcement = Path.Combine(BenchmarkPaths.Data, "run", "env");
            while (!File.Exists(announcement))
            {
                if (appHost.HasExited || watch.Elapsed > StartTimeout)
                {
                    throw new MeasurementFailedException($"The system did not become healthy: see {BenchmarkPaths.Logs}/apphost.log");
                }

                await Task.Delay(50, cancellationToken);
            }

            var healthy = watch.Elapsed;
            var lines = await File.ReadAllLinesAsync(announcement, cancellationToken);
            var values = lines.Select(line => line.Split('=', 2)).ToDictionary(line => line[0], line => line[1].Trim('\''));
            return new MeasuredSystem(appHost, values, healthy);
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds its processes.</summary>
    public async Task AddToAsync(ProcessGroup processes, CancellationToken cancellationToken)
    {
        processes.Set("gateway", Gateway.Id);
        processes.Set("service-hub", Hub.Id);
        processes.Set("data-layer", DataLayer.Id);

        await using var command = Database.CreateCommand("SELECT pg_backend_pid()");
        _postgresId = ProcFiles.ParentOf((int)(await command.ExecuteScalarAsync(cancellationToken))!);
        processes.Set("postgres", _postgresId);
        var title = $"-server 127.0.0.1:{RedisPort}"; // of redis-server and valkey-server
        if (ProcFiles.Ids.FirstOrDefault(id => ProcFiles.CommandLine(id).Contains(title, StringComparison.Ordinal)) is > 0 and var server)
        {
            processes.Set("redis", server);
            _redisProgram = ProcFiles.CommandLine(server).Split(' ')[0]; // /proc/…/exe may name another program of the same file
        }
    }

    /// <summary>Starts the same Redis program on the port of the one that was killed.</summary>
    /// <exception cref="MeasurementFailedException">The system's Redis is no process of this machine.</exception>
    public ChildProgram StartRedis()
    {
        var program = _redisProgram ?? throw new MeasurementFailedException("Redis is no process of this machine.");
        var url = new Uri(_announced["REDIS_URL"]);
        List<string> settings = ["bind 127.0.0.1", $"port {url.Port}", "save \"\"", "maxmemory 512mb", "maxmemory-policy allkeys-lru"];
        if (url.UserInfo.Split(':') is [_, { Length: > 0 } password])
        {
            settings.Add($"requirepass {Uri.UnescapeDataString(password)}"); // every user can read a command line
        }

        var configuration = Path.Combine(BenchmarkPaths.Files, "redis.conf");
        PrivateFile.Write(configuration, string.Join('\n', settings) + "\n");
        return ChildProgram.Start("redis", new ProcessStartInfo(program, [configuration]));
    }

    /// <summary>A client with the key.</summary>
    public HttpClient CreateClient(Uri address)
    {
        var client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Add("X-API-Key", Key);
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _appHost.DisposeAsync();
        await WaitForPostgresExitAsync();
        if (new DirectoryInfo(Path.Combine(BenchmarkPaths.Data, "postgres")).LinkTarget is { } elsewhere)
        {
            Directory.Delete(Path.GetDirectoryName(elsewhere)!, recursive: true);
        }

        Directory.Delete(BenchmarkPaths.Data, recursive: true);
    }

    // Postgres writes its files until it ends, and may end after the AppHost.
    private async Task WaitForPostgresExitAsync()
    {
        for (var watch = Stopwatch.StartNew(); ProcFiles.IsAlive(_postgresId) && watch.Elapsed < StopTimeout;)
        {
            await Task.Delay(100);
        }
    }

    // By the address of its registration, which no other system on this machine has. "dotnet run" matches too; the service is younger.
    private static ServiceProcess Service(string program, string url)
    {
        var found = ProcFiles.Ids
            .Where(id => ProcFiles.CommandLine(id).Contains(program, StringComparison.Ordinal))
            .Where(id => ProcFiles.Variables(id).GetValueOrDefault("Registration__Url") == url)
            .ToArray();
        return found.Length == 0
            ? throw new MeasurementFailedException($"There is no process of {program} with the address {url}.")
            : new ServiceProcess(found.Max());
    }
}
