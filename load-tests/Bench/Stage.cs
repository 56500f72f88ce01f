using Npgsql;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Rows.Reads;
using StoryPortal.Bench.Servers;
using StoryPortal.Generator;

namespace StoryPortal.Bench;

/// <summary>Everything that rows measure: the system with its data, and the servers that it is compared with, which start when a row asks for them.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _toEnd = new();
    private readonly Lazy<LoopbackCertificate> _certificate = new(LoopbackCertificate.Create);
    private (Stores Large, Stores Small)? _stores;

    private Stage(BenchOptions options, OwnSystem system, CancellationToken stopped)
    {
        (Options, System, Stopped) = (options, system, stopped);
        Dataset = new Dataset(DatasetSize.Full.Scaled(options.Scale));
        Hub = system.CreateClient(system.Hub.Http);
        Gateway = system.CreateClient(system.Gateway.Http);
        Connections = new ConnectionWatch(system.Database);
    }

    public BenchOptions Options { get; }

    /// <summary>Cancelled when the user has had enough.</summary>
    public CancellationToken Stopped { get; }

    public OwnSystem System { get; }

    /// <summary>What is in the system's database.</summary>
    public Dataset Dataset { get; }

    public Processes Processes { get; } = new();

    public ConnectionWatch Connections { get; }

    public HttpClient Hub { get; }

    public HttpClient Gateway { get; }

    /// <summary>The busiest agent: what rows read that read one thing again and again.</summary>
    public string AgentPath => $"/v1/agents/{Dataset.Agents[0]}";

    public Proxy Yarp => field ??= StartProxy("bare yarp", BareYarp.Start(System.Hub.Http2, _certificate.Value));

    public Proxy Nginx => field ??= StartProxy("nginx", Servers.Nginx.Start(System.Hub.Http, _certificate.Value));

    /// <summary>The stores over the system's database and over one with a tenth of its rows.</summary>
    public async Task<(Stores Large, Stores Small)> StoresAsync()
    {
        if (_stores is not { } stores)
        {
            Console.Error.WriteLine("          filling a second database with a tenth of that");
            var small = await GeneratedDatabase.CreateAsync(System.ConnectionString, new Dataset(Dataset.Size.Scaled(0.1)), _ => { }, Stopped);
            _toEnd.Push(small);
            _stores = stores = (Stores.Over(System.ConnectionString, Dataset), Stores.Over(small.ConnectionString, small.Dataset));
            _toEnd.Push(stores.Small);
            _toEnd.Push(stores.Large);
        }

        return stores;
    }

    /// <summary>A Kestrel that answers everything with <paramref name="body"/>.</summary>
    public Uri StartKestrel(byte[] body)
    {
        var (program, http) = BareKestrel.Start(body);
        _toEnd.Push(program);
        Processes.Add("bare kestrel", program.Id);
        return http;
    }

    /// <summary>Starts the system and fills it.</summary>
    public static async Task<Stage> SetAsync(BenchOptions options, CancellationToken stopped)
    {
        Console.Error.WriteLine("system    starting, with every feature on");
        var system = await OwnSystem.StartAsync(stopped);
        var stage = new Stage(options, system, stopped);
        try
        {
            await system.AddToAsync(stage.Processes, stopped);
            Console.Error.WriteLine($"data      {stage.Dataset.Size.Events:N0} events, {stage.Dataset.Size.Agents:N0} agents");
            await stage.Dataset.FillAsync(system.Database, line => Console.Error.WriteLine($"          {line}"), stopped);

            // What filling left to be written would be written in the middle of the first rows.
            await using var command = system.Database.CreateCommand("CHECKPOINT");
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(stopped);

            // When the worker started and warmed the cache, there was nothing yet.
            using var warmed = await stage.Hub.PostAsync(new Uri("/v1/admin/cache/warm", UriKind.Relative), null, stopped);
            warmed.EnsureSuccessStatusCode();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_toEnd.TryPop(out var something))
        {
            await something.DisposeAsync();
        }

        await Connections.DisposeAsync();
        Hub.Dispose();
        Gateway.Dispose();
        NpgsqlConnection.ClearAllPools();
        await System.DisposeAsync();
    }

    private Proxy StartProxy(string name, (ChildProgram Program, Uri Http, Uri Https) started)
    {
        _toEnd.Push(started.Program);
        Processes.Add(name, started.Program.Id);
        return new Proxy(name, started.Http, started.Https);
    }
}

/// <summary>A proxy before the hub.</summary>
internal sealed record Proxy(string Name, Uri Http, Uri Https);
