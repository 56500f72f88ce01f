using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;
using static Microsoft.Playwright.Assertions;

namespace StoryPortal.Tests.Page;

/// <summary>The page outside Development, in front of a hub that keeps a target, misses another and fails a check.</summary>
public sealed class ClosedPageTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private const string Remedy = "Set max_connections to 100 and start Postgres again.";

    private static readonly ScorecardRow[] Rows =
    [
        new("http_list_p95", "api", "list endpoints, p95", 200, "below", "ms", 1234, 150, 500, RowStatus.Missed),
        new("http_write_p95", "api", "write operations, p95", 500, "below", "ms", 480, 20, 500, RowStatus.AtRisk),
        new("memory", "resources", "memory", 12e9, "below", "bytes", 1.5e9, 1.5e9, 30, RowStatus.Ok),
        new("db_join_p95", "database", "joins, p95", 50, "below", "ms", null, null, 2, RowStatus.NoData),
    ];

    private static readonly ChecklistItem[] Items =
    [
        new("indexes", "Database", "All indexes are there", CheckStatus.Passed, "21 of 21.", null),
        new("connections_bounded", "Database", "Connections are bounded", CheckStatus.Failed, "max_connections is 500.", Remedy),
        new("grafana", "Monitoring", "Grafana answers", CheckStatus.CannotCheck, "Nobody said where it is.", null),
    ];

    private readonly string _key = ApiKeyFormat.Create();
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;

    private Uri Address => new($"http://127.0.0.1:{_gateway.Port}/");

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_gateway, _hub);

    [Fact]
    public async Task It_asks_for_a_key_and_says_with_it_what_is_missed_and_what_to_do()
    {
        await using var opened = await browser.OpenAsync(Address);
        await Expect(opened.Verdict).ToHaveTextAsync("This gateway asks for a key.");
        var field = opened.Page.GetByLabel("API key");
        await Expect(field).ToBeFocusedAsync();

        await field.FillAsync(ApiKeyFormat.Create());
        await field.PressAsync("Enter");
        await Expect(opened.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This key is not valid, or not any more.");

        await field.FillAsync(_key);
        await opened.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Open" }).ClickAsync();
        await Expect(opened.Verdict).ToHaveTextAsync("1 of 3 targets is missed.");
        await Expect(field).ToBeHiddenAsync();

        await Expect(opened.Page.Locator("#row-http_list_p95")).ToContainTextAsync("missed");
        await Expect(opened.Page.Locator("#row-http_list_p95")).ToContainTextAsync("1.23 s");
        await Expect(opened.Page.Locator("#row-http_write_p95")).ToContainTextAsync("at risk");
        await Expect(opened.Page.Locator("#row-db_join_p95")).ToContainTextAsync("no data yet");

        await Expect(opened.Checks.First.Locator(".what")).ToHaveTextAsync("Connections are bounded");
        await Expect(opened.Checks.First.Locator(".remedy")).ToBeVisibleAsync(); // open, without being asked
        await Expect(opened.Checks.First.Locator(".remedy")).ToHaveTextAsync(Remedy);
        await Expect(opened.Page.Locator("#check-indexes .evidence")).ToBeHiddenAsync();
        await Expect(opened.Page.Locator("#verdict-reasons")).ToContainTextAsync(Remedy);

        await Expect(opened.Page.Locator("#verdict-reasons")).ToContainTextAsync("data-layer was not heard");
        Assert.Equal(0, await opened.Page.EvaluateAsync<int>("localStorage.length + document.cookie.length"));
        await opened.Page.ReloadAsync();
        await Expect(opened.Verdict).ToHaveTextAsync("1 of 3 targets is missed."); // the tab knows it still
        await opened.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Forget the key" }).ClickAsync();
        await Expect(field).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_known_stays_grey_and_with_its_age_when_nobody_answers()
    {
        await using var opened = await browser.OpenAsync(Address);
        await opened.Page.GetByLabel("API key").FillAsync(_key);
        await opened.Page.GetByLabel("API key").PressAsync("Enter");
        await Expect(opened.Verdict).ToHaveTextAsync("1 of 3 targets is missed.");

        await _hub.KillAsync();
        await SaysAsync(opened, "The gateway answers, but no hub does");
        await _gateway.TerminateAsync();
        await _gateway.WaitForExitAsync(CancellationToken.None);
        await SaysAsync(opened, "The gateway cannot be reached.");

        await Expect(opened.Page.Locator("#verdict-detail")).ToContainTextAsync("ago: 1 of 3 targets is missed.");
        await Expect(opened.Page.Locator("#targets.stale .age")).ToContainTextAsync("not current");
        await Expect(opened.Page.Locator("#row-http_list_p95")).ToContainTextAsync("1.23 s");
        Assert.True(await opened.Page.EvaluateAsync<bool>("getComputedStyle(document.querySelector('#targets-tables')).filter.includes('grayscale')"));
    }

    // It asks every five seconds, and at once when the browser says that it is connected again.
    private static async Task SaysAsync(OpenedPage opened, string text) => await Eventually.TrueAsync(async () =>
    {
        await opened.Page.EvaluateAsync("dispatchEvent(new Event('online'))");
        return (await opened.Verdict.TextContentAsync())!.StartsWith(text, StringComparison.Ordinal);
    });

    private async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync(app =>
        {
            app.MapGet("/v1/performance", () => Json(JsonSerializer.Serialize(Scorecard(), StoryJson.Contracts.Scorecard)));
            app.MapGet("/v1/performance/checklist", () => Json(JsonSerializer.Serialize(new Checklist(DateTimeOffset.UtcNow, 1, 1, 1, Items), StoryJson.Contracts.Checklist)));
            app.MapGet("/v1/services", () => Json("[]"));
            app.MapGet("/v1/events", () => Json("[]"));
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
        });
        _hub.Keys[_key] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read], RequestsPerMinute: 10_000);
        _gateway = await GatewayProcess.StartAsync([_hub]);
    }

    private static Scorecard Scorecard()
    {
        var now = DateTimeOffset.UtcNow;
        return new(
            now, 300, [new("gateway", "one", "1", now, now, 2, 2e8, 0.1)], [new("data-layer", "two", "It has told nothing of itself for ten seconds.")], Rows, [],
            [new(now.AddSeconds(-20), 12.5, 3, 9), new(now.AddSeconds(-10), 0, null, null)]);
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult Json(string json) => TypedResults.Text(json, "application/json");
}
