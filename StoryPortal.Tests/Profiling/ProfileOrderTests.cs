using System.Globalization;
using System.Text.Json;
using StoryPortal.ServiceDefaults.Profiling;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Profiling;

/// <summary>A process that is asked through Redis, as hubs do, and cannot do as it is asked.</summary>
public sealed class ProfileOrderTests
{
    [Theory]
    [InlineData("DOTNET_EnableDiagnostics", "0")]
    [InlineData("TMPDIR", "/proc")] // where nobody can write
    public async Task Without_the_runtimes_diagnostics_it_says_what_to_do(string variable, string value)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var hub = await FakeHub.StartAsync(_ => { });
        await using var gateway = await ProductProcess.StartAsync("StoryPortal.Gateway", ReservedPorts.Take(1)[0], new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = redis.Address,
            ["Registration__InstanceId"] = "door",
            ["services__service-hub__http2__0"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{hub.Port}"),
            [variable] = value,
        });

        var outcome = await AskAsync(redis, new ProfileOrder(Guid.NewGuid(), 1));

        Assert.Equal(ProfileStatus.Unavailable, outcome.Status);
        Assert.Contains("DOTNET_EnableDiagnostics", outcome.Detail, StringComparison.Ordinal);
        Assert.Contains("tmpfs", outcome.Detail, StringComparison.Ordinal);
    }

    private static async Task<ProfileOutcome> AskAsync(RedisServer redis, ProfileOrder order)
    {
        await using var connection = await redis.ConnectAsync();
        var answered = new TaskCompletionSource<ProfileOutcome>();
        await connection.GetSubscriber().SubscribeAsync(
            ProfileOrder.OutcomeOf(order.Id), (_, message) => answered.TrySetResult(JsonSerializer.Deserialize((byte[])message!, ProfileJson.Default.ProfileOutcome)!));
        await Eventually.TrueAsync(async () => await connection.GetSubscriber().PublishAsync(
            ProfileOrder.ChannelOf("gateway", "door"), JsonSerializer.SerializeToUtf8Bytes(order, ProfileJson.Default.ProfileOrder)) == 1);
        return await answered.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }
}
