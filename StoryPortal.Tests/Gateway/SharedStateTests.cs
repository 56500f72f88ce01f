using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StackExchange.Redis;
using StoryPortal.Gateway.Caching;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Two gateways with one Redis, which is stopped, comes back empty, and freezes.</summary>
public sealed class SharedStateTests(SharedStateTests.TwoGateways gateways) : IClassFixture<SharedStateTests.TwoGateways>
{
    private const int Requests = 100;
    private const int Plenty = 1_000_000;

    private readonly string _services = $"/v1/services?tag={Guid.NewGuid():N}";

    [Fact]
    public async Task A_key_that_has_used_its_minute_at_one_gateway_is_refused_at_the_other()
    {
        var key = KeyWith(Requests);
        await UseUpAsync(gateways.One, key);
        await Eventually.TrueAsync(async () => await StatusAsync(gateways.Other, key) == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Without_redis_each_gateway_counts_for_itself_and_when_it_is_back_they_count_together()
    {
        gateways.Redis.Stop();
        var alone = KeyWith(Requests);
        await UseUpAsync(gateways.One, alone);
        await UseUpAsync(gateways.Other, alone);

        await gateways.Redis.RunAsync();
        await TheyCountTogetherAsync(KeyWith(Plenty));
        await A_key_that_has_used_its_minute_at_one_gateway_is_refused_at_the_other();
    }

    [Fact]
    public async Task What_was_told_to_a_frozen_redis_again_and_again_is_counted_once()
    {
        var key = KeyWith(Plenty);
        gateways.Redis.Pause();
        for (var i = 0; i < 2000; i++) // for some of the intervals in which gateways tell each other
        {
            await UsedAsync(gateways.One, key);
        }

        gateways.Redis.Resume();
        var asked = 2000 + await TheyCountTogetherAsync(key);
        Assert.InRange(await UsedAsync(gateways.One, key), 1, asked + 1);
    }

    [Theory]
    [InlineData("told")]
    [InlineData("stopped")]
    [InlineData("frozen")]
    public async Task A_cached_response_is_evicted_at_every_gateway_when_services_change_and_expires_soon_without_redis(string redis)
    {
        await IsCachedByBothAsync();
        switch (redis)
        {
            case "told":
                gateways.Version++;
                Assert.All(await VersionsAsync(), version => Assert.Equal(gateways.Version - 1, version)); // no hub has published the change yet
                await PublishChangeAsync();
                break;
            case "stopped":
                gateways.Redis.Stop();
                gateways.Version++;
                break;
            default:
                gateways.Redis.Pause();
                gateways.Version++;
                break;
        }

        // Its lifetime is ten minutes: something else evicts it.
        await Eventually.TrueAsync(async () => (await VersionsAsync()).All(version => version == gateways.Version));
        if (redis == "told")
        {
            return;
        }

        for (var i = 0; i < 50; i++)
        {
            foreach (var gateway in gateways.Both)
            {
                using var response = await AskAsync(gateway);
                Assert.InRange(response.Headers.Age ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            }
        }

        await (redis == "stopped" ? gateways.Redis.RunAsync() : Task.Run(gateways.Redis.Resume));
        await IsCachedByBothAsync();
        gateways.Version++;
        await PublishChangeAsync();
        await Eventually.TrueAsync(async () => (await VersionsAsync()).All(version => version == gateways.Version));
    }

    [Fact]
    public async Task Every_key_of_gateways_in_redis_has_a_ttl()
    {
        await IsCachedByBothAsync();
        await using var redis = await gateways.Redis.ConnectAsync();
        foreach (var key in redis.GetServers()[0].Keys())
        {
            Assert.StartsWith("sp_v2:", key.ToString(), StringComparison.Ordinal);
            var longest = key.ToString().StartsWith(CacheNames.TagVersion, StringComparison.Ordinal) ? CacheNames.TagVersionTtl : TwoGateways.Ttl;
            Assert.InRange((long)await redis.GetDatabase().ExecuteAsync("PTTL", key), 1, (long)longest.TotalMilliseconds);
        }
    }

    [Fact]
    public async Task A_response_that_one_gateway_has_cached_is_a_hit_at_the_other()
    {
        await IsCachedByBothAsync();
        await Eventually.TrueAsync(async () =>
        {
            var address = $"/v1/services?tag={Guid.NewGuid():N}";
            using var first = await gateways.One.GetAsync(address, GatewayProcess.AdminKey);
            using var second = await gateways.Other.GetAsync(address, GatewayProcess.AdminKey);
            return second.Headers.GetValues("X-Cache").Single() == "HIT" && second.Headers.Age is not null;
        });
    }

    [Fact]
    public async Task A_write_through_one_gateway_is_seen_at_the_other_by_the_next_read()
    {
        await IsCachedByBothAsync();
        for (var i = 0; i < 100; i++)
        {
            gateways.Version++;
            using var written = await (i % 2 == 0 ? gateways.One : gateways.Other).SendAsync(HttpMethod.Put, "/v1/services/a/instances/b", GatewayProcess.AdminKey);
            Assert.Equal(HttpStatusCode.NoContent, written.StatusCode);
            Assert.All(await VersionsAsync(), version => Assert.Equal(gateways.Version, version));
        }
    }

    [Fact]
    public async Task Query_strings_of_one_caller_take_a_bounded_part_of_redis()
    {
        const int Queries = 4 * SharedResponse.QuerySlots;
        var key = KeyWith(Plenty);
        await IsCachedByBothAsync();
        await Parallel.ForAsync(0, Queries, async (i, _) =>
        {
            using var response = await gateways.One.GetAsync($"/v1/services?limit={i}", key);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        });

        await using var redis = await gateways.Redis.ConnectAsync();
        Assert.InRange(redis.GetServers()[0].Keys(pattern: "sp_v2:output:*").Count(), 1, SharedResponse.QuerySlots + 16);
    }

    private static async Task<bool> IsSharedAsync(ConnectionMultiplexer redis, string query)
    {
        foreach (var slot in redis.GetServers()[0].Keys(pattern: "sp_v2:output:services:query:*"))
        {
            if (((string?)await redis.GetDatabase().StringGetAsync(slot))?.Contains(query, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }

        return false;
    }

    private string KeyWith(int requestsPerMinute)
    {
        var key = ApiKeyFormat.Create();
        gateways.Hub.Keys[key] = new ApiKeyIdentity(Guid.NewGuid(), "shared", [Scope.Read], requestsPerMinute);
        return key;
    }

    // All of it is served, and what comes next is refused, unless the minute turns just then.
    private static async Task UseUpAsync(GatewayProcess gateway, string key)
    {
        for (var i = 0; i < Requests; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, key));
        }

        await Eventually.TrueAsync(async () => await StatusAsync(gateway, key) == HttpStatusCode.TooManyRequests);
    }

    // Each hears what was asked at the other. Returns how often that was.
    private async Task<int> TheyCountTogetherAsync(string key)
    {
        var asked = 0;
        await Eventually.TrueAsync(async () =>
        {
            asked++;
            var (one, other) = (await UsedAsync(gateways.One, key), await UsedAsync(gateways.Other, key));
            return one > asked && other > asked;
        });
        return 2 * asked;
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess gateway, string key)
    {
        using var response = await gateway.GetAsync("/v1/counted", key);
        return response.StatusCode;
    }

    private static async Task<int> UsedAsync(GatewayProcess gateway, string key)
    {
        using var response = await gateway.GetAsync("/v1/counted", key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Number(response, "RateLimit-Limit") - Number(response, "RateLimit-Remaining");
    }

    private static int Number(HttpResponseMessage response, string header) => int.Parse(response.Headers.GetValues(header).Single(), CultureInfo.InvariantCulture);

    private async Task<HttpResponseMessage> AskAsync(GatewayProcess gateway)
    {
        var response = await gateway.GetAsync(_services, GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    private async Task<int[]> VersionsAsync()
    {
        var versions = new List<int>();
        foreach (var gateway in gateways.Both)
        {
            using var response = await AskAsync(gateway);
            versions.Add((await response.JsonAsync())[0].GetInt32());
        }

        return [.. versions];
    }

    // A gateway that trusts its connection to Redis stores its responses there.
    private async Task IsCachedByBothAsync()
    {
        await using var redis = await gateways.Redis.ConnectAsync();
        await Eventually.TrueAsync(async () =>
        {
            var shared = true;
            foreach (var gateway in gateways.Both)
            {
                var tag = Guid.NewGuid().ToString("N");
                using var response = await gateway.GetAsync($"/v1/services?tag={tag}", GatewayProcess.AdminKey);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                shared &= await IsSharedAsync(redis, tag);
            }

            return shared && (await VersionsAsync()).All(version => version == gateways.Version);
        });
    }

    // As a hub does: first the version, then the message.
    private async Task PublishChangeAsync()
    {
        await using var redis = await gateways.Redis.ConnectAsync();
        await redis.GetDatabase().KeyDeleteAsync($"{CacheNames.TagVersion}{CacheNames.ServicesSlot}");
        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal(CacheNames.ServicesChanged), RedisValue.EmptyString);
    }

    /// <summary>The gateways, their Redis, and a hub that counts how often its services have changed.</summary>
    public sealed class TwoGateways : IAsyncLifetime
    {
        internal static readonly TimeSpan Ttl = TimeSpan.FromMinutes(10);

        private volatile int _version = 1;

        internal int Version
        {
            get => _version;
            set => _version = value;
        }

        internal RedisServer Redis { get; private set; } = null!;

        internal FakeHub Hub { get; private set; } = null!;

        internal GatewayProcess One { get; private set; } = null!;

        internal GatewayProcess Other { get; private set; } = null!;

        internal GatewayProcess[] Both => [One, Other];

        public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

        public Task DisposeAsync() => Fixtures.DisposeAllAsync(One, Other, Hub, Redis);

        private async Task StartAsync()
        {
            Redis = await RedisServer.StartAsync();
            Hub = await FakeHub.StartAsync(app =>
            {
                app.MapGet("/v1/counted", () => "counted");
                app.MapGet("/v1/services", () => TypedResults.Text($"[{Version}]", "application/json"));
                app.MapPut("/v1/services/{**rest}", () => TypedResults.NoContent());
            });
            One = await StartGatewayAsync();
            Other = await StartGatewayAsync();
        }

        private Task<GatewayProcess> StartGatewayAsync() => GatewayProcess.StartAsync(
            [Hub],
            $"--ConnectionStrings:redis={Redis.Address}",
            $"--OutputCache:DefaultExpirationTimeSpan={Ttl}",
            "--OutputCache:HeartbeatTimeout=00:00:03", // this machine may be slow
            "--OutputCache:AcknowledgementTimeout=00:00:10",
            "--RateLimiting:RequestsPerMinute=10000000",
            "--RateLimiting:RequestsPerMinutePerAddress=10000000");
    }
}
