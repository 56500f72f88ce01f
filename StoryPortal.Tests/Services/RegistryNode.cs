using StoryPortal.DataLayer.Services;
using StoryPortal.Tests.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>A registry of a test's own, without a hub that judges its leases: the test decides how time passes.</summary>
internal sealed class RegistryNode : IAsyncDisposable
{
    public static readonly TimeSpan RemoveAfter = TimeSpan.FromMinutes(10);

    /// <summary>The caller of <see cref="RegisterAsync"/>.</summary>
    public static readonly RegistryCaller Tester = new("tester's id", "tester", IsAdmin: false);

    /// <summary>Polls as the product makes them, with room for all of a test.</summary>
    public static readonly HealthPollTurns Turns =
        new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), MaxFailures: 3, PerOwner: 100, PerHost: 100);

    private readonly RedisServer _redis;
    private readonly CacheNode _cache;

    private RegistryNode(OwnDatabase database, RedisServer redis, CacheNode cache)
    {
        (Database, _redis, _cache) = (database, redis, cache);
        Writer = new RegistryWriter(database.Queries, cache.Cache);
        (Store, Leases, Polls) = (new ServiceStore(database.Queries, Writer), new LeaseStore(database.Queries, Writer), new HealthPollStore(database.Queries, Writer));
    }

    public OwnDatabase Database { get; }

    public RegistryWriter Writer { get; }

    public ServiceStore Store { get; }

    public LeaseStore Leases { get; }

    public HealthPollStore Polls { get; }

    public static async Task<RegistryNode> StartAsync(StoryPortalSystem system)
    {
        var database = await OwnDatabase.WithTablesAsync(system);
        var redis = await RedisServer.StartAsync();
        return new RegistryNode(database, redis, await CacheNode.StartAsync(redis.Address));
    }

    public async Task RegisterAsync(string instance, int leaseSeconds = 30, string? healthUrl = null) => await Store.RegisterAsync(
        "shop", instance, new NewInstance { Url = "http://shop.example", LeaseSeconds = leaseSeconds, HealthUrl = healthUrl },
        Tester, OwnerLimits.None, CancellationToken.None);

    public Task<long> JudgeAsync() => Leases.JudgeAsync(RemoveAfter, CancellationToken.None);

    /// <summary>Lets the registry believe that everything happened so much earlier, except that leases were judged all the time.</summary>
    public Task PassAsync(TimeSpan time) => Database.RunAsync($"""
        UPDATE mcp_documents.service_instances SET last_heartbeat_at = last_heartbeat_at - interval '{time.TotalSeconds} seconds';
        UPDATE mcp_documents.service_registry
        SET trusted_since = trusted_since - interval '{time.TotalSeconds} seconds', judged_at = now() + interval '1 hour' -- however slow this machine is
        """);

    /// <summary>The same, but nobody could reach the registry meanwhile.</summary>
    public async Task BeAwayAsync(TimeSpan time)
    {
        await PassAsync(time);
        await Database.RunAsync($"UPDATE mcp_documents.service_registry SET judged_at = now() - interval '{time.TotalSeconds} seconds'");
    }

    public async Task<string?> StatusAsync(string instance)
    {
        var statuses = await Database.TextsAsync($"SELECT status FROM mcp_documents.service_instances WHERE id = '{instance}'");
        return statuses.SingleOrDefault();
    }

    /// <summary>What the trail tells, oldest first.</summary>
    public Task<List<string>> TrailAsync() => Database.TextsAsync(
        "SELECT concat_ws(' ', type, payload->>'instance', payload->>'reason', payload->>'actor') FROM mcp_documents.events ORDER BY seq");

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _redis.DisposeAsync();
        await Database.DisposeAsync();
    }
}
