using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Npgsql;
using StoryPortal.Bench.Measuring;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Servers;

/// <summary>A Story Portal of the benchmark's own: every feature on, its own data, ports that nobody uses.</summary>
internal sealed class OwnSystem : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // What a busy installation would set.
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
        ["RateLimiting__RequestsPerMinute"] = "100000000", // counted, never reached
    };

    private readonly ChildProgram _appHost;
    private readonly IReadOnlyDictionary<string, string> _announced;

    private OwnSystem(ChildProgram appHost, IReadOnlyDictionary<string, string> announced, TimeSpan start)
    {
        (_appHost, _announced, StartTime) = (appHost, announced, start);
        Gateway = Service("StoryPortal.Gateway", announced["GATEWAY_URL"]);
        Hub = Service("StoryPortal.ServiceHub", announced["SERVICE_HUB_URL"]);
        DataLayer = Service("StoryPortal.DataLayer", announced["DATA_LAYER_URL"]);

        // Of our own we keep few connections open: pgbench's 64 and the system's have to fit into what Postgres takes.
        ConnectionString = new NpgsqlConnectionStringBuilder(DatabaseUrl.ToConnectionString(announced["DATABASE_URL"]))
        {
            ApplicationName = ConnectionWatch.Ours,
            MaxPoolSize = 4,
            ConnectionIdleLifetime = 2,
            ConnectionPruningInterval = 1,
        }.ConnectionString;
        Database = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>From the start of the AppHost until everything was healthy.</summary>
    public TimeSpan StartTime { get; }

    /// <summary>The key that may do everything.</summary>
    public string Key => _announced["ADMIN_KEY"];

    public ServiceProcess Gateway { get; }

    public ServiceProcess Hub { get; }

    public ServiceProcess DataLayer { get; }

    public string ConnectionString { get; }

    public int RedisPort => new Uri(_announced["REDIS_URL"]).Port;

    public NpgsqlDataSource Database { get; }

    /// <summary>How programs of Postgres find the database.</summary>
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
    public static async Task<OwnSystem> StartAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(Places.Data))
        {
            Directory.Delete(Places.Data, recursive: true);
        }

        var program = Path.Combine(Places.Repository, "artifacts", "bin", "StoryPortal.AppHost", "release", "StoryPortal.AppHost.dll");
        var start = new ProcessStartInfo("dotnet", [program, $"--StoryPortal:DataDirectory={Places.Data}", "--DcpPublisher:RandomizePorts=true"])
        {
            WorkingDirectory = Path.Combine(Places.Repository, "StoryPortal.AppHost"),
        };
        foreach (var (name, value) in Settings)
        {
            start.Environment[name] = value;
        }

        var watch = Stopwatch.StartNew();
        var appHost = ChildProgram.Start("apphost", start);
        try
        {
            var announcement = Path.Combine(Places.Data, "run", "env");
            while (!File.Exists(announcement))
            {
                if (appHost.HasExited || watch.Elapsed > Patience)
                {
                    throw new MeasurementFailedException($"The system did not become healthy: see {Places.Logs}/apphost.log");
                }

                await Task.Delay(50, cancellationToken);
            }

            var healthy = watch.Elapsed;
            var lines = await File.ReadAllLinesAsync(announcement, cancellationToken);
            return new OwnSystem(appHost, lines.Select(line => line.Split('=', 2)).ToDictionary(line => line[0], line => line[1].Trim('\'')), healthy);
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds its processes.</summary>
    public async Task AddToAsync(Processes processes, CancellationToken cancellationToken)
    {
        processes.Add("gateway", Gateway.Id);
        processes.Add("service-hub", Hub.Id);
        processes.Add("data-layer", DataLayer.Id);

        await using var command = Database.CreateCommand("SELECT pg_backend_pid()");
        processes.Add("postgres", ProcFiles.ParentOf((int)(await command.ExecuteScalarAsync(cancellationToken))!));
        if (ProcFiles.Ids.FirstOrDefault(id => ProcFiles.CommandLine(id).Contains($"-server 127.0.0.1:{RedisPort}", StringComparison.Ordinal)) is > 0 and var server)
        {
            processes.Add("redis", server);
        }
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
        if (new DirectoryInfo(Path.Combine(Places.Data, "postgres")).LinkTarget is { } elsewhere)
        {
            Directory.Delete(Path.GetDirectoryName(elsewhere)!, recursive: true);
        }

        Directory.Delete(Places.Data, recursive: true);
    }

    // By the address that it was told to register with: that is its own, whatever else runs here. Of a program and what it started, the latter.
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
