using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Several hubs, of which one is lost.</summary>
public sealed class DestinationTests
{
    [Fact]
    public async Task A_lost_hub_fails_no_read_and_is_taken_out()
    {
        await using var first = await FakeHub.StartAsync(app => Map(app, "first"));
        await using var second = await FakeHub.StartAsync(app => Map(app, "second"));
        await using var gateway = await GatewayProcess.StartAsync([first, second]);
        await Eventually.TrueAsync(() => HealthyAsync(gateway, "2 of 2 hubs answer."));
        await Eventually.TrueAsync(async () => (await NamesAsync(gateway, 20)).Distinct().Count() == 2);

        using var ends = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var names = new List<string>();
            while (!ends.IsCancellationRequested)
            {
                names.AddRange(await NamesAsync(gateway, 1));
            }

            return names;
        })).ToList();
        await first.KillAsync();
        await Eventually.TrueAsync(() => HealthyAsync(gateway, "1 of 2 hubs answer."));
        await ends.CancelAsync();
        Assert.All(await Task.WhenAll(readers), names => Assert.Contains("second", names));
        Assert.All(await NamesAsync(gateway, 20), name => Assert.Equal("second", name));

        // Nothing is left of the first: a request that writes is sent nowhere twice, and arrives.
        using var written = await gateway.SendAsync(HttpMethod.Post, "/v1/name", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
    }

    [Fact]
    public async Task A_write_whose_hub_is_lost_on_the_way_is_not_sent_again()
    {
        var calls = 0;
        void MapBreaking(WebApplication app) => app.MapMethods("/v1/breaks", ["GET", "POST"], (HttpContext context) =>
        {
            Interlocked.Increment(ref calls);
            context.Abort();
        });
        await using var first = await FakeHub.StartAsync(MapBreaking);
        await using var second = await FakeHub.StartAsync(MapBreaking);
        await using var gateway = await GatewayProcess.StartAsync([first, second]);
        await Eventually.TrueAsync(() => HealthyAsync(gateway, "2 of 2 hubs answer."));

        using var write = await gateway.SendAsync(HttpMethod.Post, "/v1/breaks", GatewayProcess.AdminKey);
        await write.ProblemAsync(HttpStatusCode.BadGateway);
        Assert.Equal(1, calls);

        using var read = await gateway.GetAsync("/v1/breaks", GatewayProcess.AdminKey);
        await read.ProblemAsync(HttpStatusCode.BadGateway);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task A_read_that_breaks_off_is_asked_once_more_of_an_only_hub_and_a_write_is_not()
    {
        var calls = 0;
        await using var hub = await FakeHub.StartAsync(app => app.MapMethods("/v1/breaks", ["GET", "POST"], (HttpContext context) =>
        {
            if (Interlocked.Increment(ref calls) % 2 == 1)
            {
                context.Abort();
            }

            return "here";
        }));
        await using var gateway = await GatewayProcess.StartAsync([hub]);
        await Eventually.TrueAsync(() => HealthyAsync(gateway, "1 of 1 hubs answer."));

        using var read = await gateway.GetAsync("/v1/breaks", GatewayProcess.AdminKey);
        Assert.Equal((HttpStatusCode.OK, "here", 2), (read.StatusCode, await read.Content.ReadAsStringAsync(), calls));

        using var write = await gateway.SendAsync(HttpMethod.Post, "/v1/breaks", GatewayProcess.AdminKey);
        await write.ProblemAsync(HttpStatusCode.BadGateway);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task A_hub_that_says_nothing_for_longer_than_its_route_allows_is_given_up()
    {
        await using var hub = await FakeHub.StartAsync(app => app.MapGet("/v1/silence", (HttpContext context) =>
            Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default)));
        await using var gateway = await GatewayProcess.StartAsync([hub], "--ReverseProxy:Clusters:service-hub:HttpRequest:ActivityTimeout=00:00:00.5");

        using var response = await gateway.GetAsync("/v1/silence", GatewayProcess.AdminKey);
        await response.ProblemAsync(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Without_any_hub_callers_hear_when_to_come_again()
    {
        await using var hub = await FakeHub.StartAsync(app => Map(app, "only"));
        await using var gateway = await GatewayProcess.StartAsync([hub]);
        await hub.KillAsync();
        await Eventually.TrueAsync(() => HealthyAsync(gateway, "0 of 1 hubs answer."));

        using var response = await gateway.GetAsync("/v1/name", GatewayProcess.AdminKey);
        Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable]);
        await response.ProblemAsync(response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        using var health = await gateway.GetAsync("/health/ready");
        Assert.Equal("degraded", (await health.JsonAsync()).GetProperty("status").GetString());
    }

    private static void Map(WebApplication app, string name) => app.MapMethods("/v1/name", ["GET", "POST"], () => name);

    private static async Task<List<string>> NamesAsync(GatewayProcess gateway, int count)
    {
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var response = await gateway.GetAsync("/v1/name", GatewayProcess.AdminKey);
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {body}");
            names.Add(body);
        }

        return names;
    }

    private static async Task<bool> HealthyAsync(GatewayProcess gateway, string description)
    {
        using var response = await gateway.GetAsync("/health");
        return (await response.JsonAsync()).GetProperty("checks").GetProperty("service-hub").GetProperty("description").GetString() == description;
    }
}
