using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A gateway that nobody asks is silent, and keeps what it has.</summary>
public sealed class QuietGatewayTests : IAsyncLifetime
{
    private const string Services = "/v1/services";

    private volatile int _version = 1;
    private RedisServer _redis = null!;
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;

    public Task InitializeAsync() => StartFixtureAsync().OrDisposeAsync(this);

    private async Task StartFixtureAsync()
    {
        _redis = await RedisServer.StartAsync();
        _hub = await FakeHub.StartAsync(app => app.MapGet(Services, () => TypedResults.Text($"[{_version}]", "application/json")));
        _gateway = await GatewayProcess.StartAsync(
            [_hub], $"--ConnectionStrings:redis={_redis.Address}", "--ReverseProxy:Routes:services:Metadata:CacheFor=00:10:00", "--OutputCache:RestAfterSeconds=1");
    }

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_gateway, _hub, _redis);

    [Fact]
    public async Task What_was_kept_before_is_served_after()
    {
        await using var beats = await Beats.ListenAsync(_redis, "sp_v2:gateway:*");

        // Who waits too long for the first beat asks the hub: on a slow machine that may happen once.
        await Eventually.TrueAsync(async () =>
        {
            await AskAsync();
            await beats.StopAsync();
            return (await AskAsync()).Age >= TimeSpan.FromSeconds(2);
        });
    }

    [Fact]
    public async Task What_changes_meanwhile_is_known_after()
    {
        await using var beats = await Beats.ListenAsync(_redis, "sp_v2:gateway:*");
        await AskAsync();
        await beats.StopAsync();

        _version++;
        await using var redis = await _redis.ConnectAsync();
        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal(CacheNames.ServicesChanged), RedisValue.EmptyString);
        await Eventually.TrueAsync(async () => (await AskAsync()).Version == _version);
    }

    private async Task<(int Version, TimeSpan? Age)> AskAsync()
    {
        using var response = await _gateway.GetAsync(Services, GatewayProcess.AdminKey);
        return ((await response.JsonAsync())[0].GetInt32(), response.Headers.Age);
    }
}
