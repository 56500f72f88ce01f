using Npgsql;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Scenarios.Reads;
using StoryPortal.Bench.Servers;
using StoryPortal.Generator;

namespace StoryPortal.Bench;

/// <summary>
/// What benchmarks measure: the system with its data, and the servers that it is compared with, each started at its first use.
/// </summary>
internal sealed class BenchmarkEnvironment : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _disposables = new();
    private readonly Lazy<LoopbackCertificate> _certificate = new(LoopbackCertificate.Create);
    private ReadStores? _smallStores;
    private ChildProgram? _redis;

    private BenchmarkEnvironment(BenchmarkOptions options, MeasuredSystem system, CancellationToken stopped)
    {
        (Options, System, Stopped) = (options, system, stopped);
        Dataset = new Dataset(DatasetSize.Full.Scaled(options.Scale));
        Hub = system.CreateClient(system.Hub.Http);
        Gateway = system.CreateClient(system.Gateway.Http);
        Connections = new ConnectionSampler(system.Database);
    }

    public BenchmarkOptions Options { get; }

    /// <summary>Cancelled when the user interrupts the run.</summary>
    public CancellationToken Stopped { get; }

    public MeasuredSystem System { get; }

    /// <summary>The rows of the system's database.</summary>
    public Dataset Dataset { get; }

    public ProcessGroup Processes { get; } = new();

    public ConnectionSampler Connections { get; }

    public HttpClient Hub { get; }

    public HttpClient Gateway { get; }

    /// <summary>The busiest agent, for benchmarks that read one resource.</summary>
    public string AgentPath => $"/v1/agents/{Dataset.Agents[0]}";

    public ProxyServer Yarp => field ??= StartProxy("bare yarp", BareYarp.Start(System.Hub.Http2, _certificate.Value));

    public ProxyServer Nginx => field ??= StartProxy("nginx", Servers.Nginx.Start(System.Hub.Http, _certificate.Value));

    /// <summary>The stores over the system's database.</summary>
    public ReadStores Stores
    {
        get
        {
            if (field is null)
            {
                field = ReadStores.Create(System.ConnectionString, Dataset);
                _disposables.Push(field);
            }

            return field;
        }
    }

    /// <summary>The stores over a database with a tenth of the rows.</summary>
    public async Task<ReadStores> GetSmallStoresAsync()
    {
        if (_smallStores is null)
        {
            Console.Error.WriteLine("          filling a second database with a tenth of that");
            var dataset = new Dataset(Dataset.Size.Scaled(0.1));
            var small = await GeneratedDatabase.CreateAsync(System.ConnectionString, dataset, _ => { }, Stopped);
            _disposables.Push(small);
            _smallStores = ReadStores.Create(small.ConnectionString, small.Dataset);
            _disposables.Push(_smallStores);
        }

        return _smallStores;
    }

    /// <summary>Starts a Kestrel whose response to every request is <paramref name="body"/>.</summary>
    public Uri StartKestrel(byte[] body)
    {
        var (program, http) = BareKestrel.Start(body);
        _disposables.Push(program);
        Processes.Set("bare kestrel", program.Id);
        return http;
    }

    /// <summary>Replaces the Redis that a benchmark has killed: an empty one on the same port.</summary>
    public async Task StartRedisAgainAsync()
    {
        await EndRedisAsync();
        _redis = System.StartRedis();
        Processes.Set("redis", _redis.Id);
        await EndpointProbe.WaitAsync(new Uri($"tcp://127.0.0.1:{System.RedisPort}"), Stopped);
    }

    /// <summary>Starts the system and fills its database.</summary>
    public static async Task<BenchmarkEnvironment> CreateAsync(BenchmarkOptions options, CancellationToken stopped)
    {
        Console.Error.WriteLine("system    starting, with every feature on");
        var system = await MeasuredSystem.StartAsync(stopped);
        var environment = new BenchmarkEnvironment(options, system, stopped);
        try
        {
            await system.AddToAsync(environment.Processes, stopped);
            Console.Error.WriteLine($"data      {environment.Dataset.Size.Events:N0} events, {environment.Dataset.Size.Agents:N0} agents");
            await environment.Dataset.FillAsync(system.Database, line => Console.Error.WriteLine($"          {line}"), stopped);

            // Else Postgres would write the dirty pages during the first benchmarks.
            await using var command = system.Database.CreateCommand("CHECKPOINT");
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(stopped);

            // The worker warmed the cache at its start, before the database had rows.
            using var warmed = await environment.Hub.PostAsync(new Uri("/v1/admin/cache/warm", UriKind.Relative), null, stopped);
            warmed.EnsureSuccessStatusCode();
            return environment;
        }
        catch
        {
            await environment.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_disposables.TryPop(out var disposable))
        {
            await disposable.DisposeAsync();
        }

        await EndRedisAsync();
        await Connections.DisposeAsync();
        Hub.Dispose();
        Gateway.Dispose();
        NpgsqlConnection.ClearAllPools();
        await System.DisposeAsync();
    }

    private async Task EndRedisAsync()
    {
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    private ProxyServer StartProxy(string name, (ChildProgram Program, Uri Http, Uri Https) started)
    {
        _disposables.Push(started.Program);
        Processes.Set(name, started.Program.Id);
        return new ProxyServer(name, started.Http, started.Https);
    }
}

/// <summary>A proxy in front of the hub.</summary>
internal sealed record ProxyServer(string Name, Uri Http, Uri Https);
