using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using StackExchange.Redis;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>What a hub has of the cache, in this process: several of them are several hubs.</summary>
internal sealed class CacheNode : IAsyncDisposable
{
    private readonly IHost _host;

    private CacheNode(IHost host) => _host = host;

    public StoryCache Cache => _host.Services.GetRequiredService<StoryCache>();

    public CacheBackplane Backplane => _host.Services.GetRequiredService<CacheBackplane>();

    public RedisAnswers Answers => _host.Services.GetRequiredService<RedisAnswers>();

    public StoryDatabase Database => _host.Services.GetRequiredService<StoryDatabase>();

    /// <summary>Starts a node and waits until it uses Redis.</summary>
    public static async Task<CacheNode> StartAsync(string redis, Action<CacheOptions>? configure = null, int timeoutMilliseconds = 5000)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var connection = ConfigurationOptions.Parse(redis);
        connection.FailFast();
        connection.AsyncTimeout = timeoutMilliseconds;
        builder.Services.AddSingleton<IConnectionMultiplexer>(await ConnectionMultiplexer.ConnectAsync(connection));
        builder.Services.AddSingleton(NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=none")); // nothing listens there
        builder.Services.AddSingleton(new DatabaseOptions());
        builder.Services.AddSingleton<StoryDatabase>();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddMetrics();
        builder.AddCaching();

        // No test depends on how fast this machine is: a write waits as long as it takes, a late heartbeat is none that is lost. A closed connection is noticed at once.
        builder.Services.Configure<CacheOptions>(options => (options.AcknowledgementMilliseconds, options.SilenceMilliseconds) = (1000, 30_000));
        builder.Services.Configure(configure ?? (_ => { }));
        var node = new CacheNode(builder.Build());
        await node._host.StartAsync();
        await node.IsUsableAsync();
        return node;
    }

    public Task IsUsableAsync() => Eventually.TrueAsync(() => Task.FromResult(Backplane.IsUsable));

    public Task IsNotUsableAsync() => Eventually.TrueAsync(() => Task.FromResult(!Backplane.IsUsable));

    /// <summary>Waits until the answer of <paramref name="id"/> lies in Redis.</summary>
    public Task IsStoredAsync(Guid id)
    {
        var redis = _host.Services.GetRequiredService<IConnectionMultiplexer>();
        return Eventually.TrueAsync(() => redis.GetDatabase().KeyExistsAsync(CacheKey.Agent(id).Text));
    }

    /// <summary>Reads a row of <paramref name="table"/> through the cache.</summary>
    public async Task<(string? Text, CacheSource Source)> ReadAsync(Table table, Guid id)
    {
        var found = await Cache.GetAsync(CacheKey.Agent(id), (table, id), static (read, _) => read.table.ReadAsync(read.id), CancellationToken.None);
        return (found.Exists ? Encoding.UTF8.GetString(found.Answer.Json.Span) : null, found.Source);
    }

    /// <summary>Writes a row, as a store does.</summary>
    public Task WriteAsync(Table table, Guid id, string text)
    {
        table.Rows[id] = text;
        return Cache.InvalidateAsync(CacheKey.AgentTag(id), CacheTag.AgentLists);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.Services.GetRequiredService<IConnectionMultiplexer>().DisposeAsync();
        _host.Dispose();
    }
}

/// <summary>A table that can be slow, and away.</summary>
internal sealed class Table
{
    private int _reads;

    public ConcurrentDictionary<Guid, string> Rows { get; } = [];

    /// <summary>How often it was read.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Whether it is away.</summary>
    public bool IsAway { get; set; }

    /// <summary>What a read waits for after it has read, and before it answers.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task<Answer?> ReadAsync(Guid id)
    {
        Interlocked.Increment(ref _reads);
        if (IsAway)
        {
            throw new NpgsqlException("away");
        }

        var text = Rows.GetValueOrDefault(id);
        await Gate;
        return text is null ? null : new Answer(Encoding.UTF8.GetBytes(text));
    }
}
