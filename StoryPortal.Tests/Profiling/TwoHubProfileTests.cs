using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Profiling;

/// <summary>Profiles with two hubs: it does not matter which of them is asked.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class TwoHubProfileTests(TwoHubs two)
{
    [Fact]
    public async Task What_one_hub_had_made_of_a_gateway_the_other_hands_out()
    {
        var profile = await ProfileAsync(two.Hubs[0], "service=gateway");

        using var file = await two.Hubs[1].GetAsync(new Uri(profile.GetProperty("speedscope").GetProperty("url").GetString()!, UriKind.Relative));
        Assert.Equal(profile.GetProperty("samples").GetProperty("waiting").GetInt64(), SpeedscopeDocument.Of(await file.JsonAsync()).Weight(1));
    }

    [Fact]
    public async Task A_hub_profiles_itself_unless_the_other_is_named()
    {
        string[] own = [await InstanceAsync(two.Hubs[0], "service=service-hub"), await InstanceAsync(two.Hubs[1], "service=service-hub")];
        Assert.NotEqual(own[0], own[1]);

        Assert.Equal(own[1], await InstanceAsync(two.Hubs[0], $"service=service-hub&instance={own[1]}"));
    }

    private static async Task<string> InstanceAsync(HttpClient hub, string query) => (await ProfileAsync(hub, query)).GetProperty("instance").GetString()!;

    private static async Task<JsonElement> ProfileAsync(HttpClient hub, string query)
    {
        JsonElement answer = default;
        await Eventually.TrueAsync(async () => // after what other tests have stopped, a process may not be heard yet
        {
            using var response = await hub.PostAsync(new Uri($"/v1/admin/profile?{query}&seconds=1", UriKind.Relative), null);
            answer = await response.JsonAsync(response.StatusCode);
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, answer.ToString());
            return response.IsSuccessStatusCode;
        }).ContinueWith(_ => { }, TaskScheduler.Default); // what was answered says more than the deadline
        Assert.True(answer.TryGetProperty("methods", out var _), answer.ToString());
        return answer;
    }
}
