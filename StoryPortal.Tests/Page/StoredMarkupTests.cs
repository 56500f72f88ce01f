using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;
using static Microsoft.Playwright.Assertions;

namespace StoryPortal.Tests.Page;

/// <summary>Markup that callers have stored is text on every part of the page, and the browser runs nothing of it.</summary>
[Collection(SharedSystem.Name)]
public sealed class StoredMarkupTests(StoryPortalSystem system, Browser browser) : IClassFixture<Browser>
{
    private const string Markup =
        "<script>window.ran=1</script><img src=x onerror=window.ran=1><svg onload=window.ran=1>\"'><a href=javascript:window.ran=1>x</a>";

    private const string Short = "<img src=x onerror=window.ran=1>";

    // Elements that the page does not make itself, attributes that run code, and links that lead elsewhere.
    private const string Foreign = """
        [...document.querySelectorAll('script:not([src^="/page/"]), img:not([src^="/page/"]), iframe, object, embed, base, style, meta[http-equiv]')]
          .concat([...document.querySelectorAll('*')].filter(element => [...element.attributes].some(attribute =>
            attribute.name.startsWith('on') || attribute.name === 'srcdoc' || /^\s*javascript:/i.test(attribute.value))))
          .map(element => element.outerHTML).concat(window.ran ? ['it ran'] : [])
        """;

    [Fact]
    public async Task Names_and_payloads_of_the_api_are_text()
    {
        var mark = $"m{Guid.NewGuid():N}";
        var service = $"markup-{mark}";
        var text = JsonSerializer.Serialize($"{mark}{Markup}");
        try
        {
            await SendAsync(HttpMethod.Put, $"/v1/services/{service}/instances/one", $$"""
                {"url": "http://127.0.0.1:9/", "version": "{{mark}}{{Short}}", "description": {{text}}, "layer": "{{Short}}",
                 "tags": ["{{Short}}"], "metadata": { {{text}}: {{text}} } }
                """);
            var agent = $$"""{"name": {{text}}, "type": "{{Short}}", "metadata": { {{text}}: {{text}} } }""";
            await SendAsync(HttpMethod.Post, "/v1/agents", agent);

            await using var opened = await (await browser.OpenAsync(system.App.GetEndpoint("gateway", "http"))).CompleteAsync();
            await Expect(opened.Page.Locator("#events-state")).ToContainTextAsync("Connected");
            await SendAsync(HttpMethod.Post, "/v1/events", $$"""{"type": "{{mark}}{{Short}}", "payload": { {{text}}: {{text}} } }""");

            var item = opened.Page.Locator("#events-list > li").Filter(new LocatorFilterOptions { HasText = mark }).First;
            await item.WaitForAsync();
            await Expect(item).ToContainTextAsync(Short);
            await Expect(opened.Page.Locator($"tr[data-key='{service}/one']")).ToContainTextAsync($"{mark}{Short}");
            await IsCleanAsync(opened);
        }
        finally
        {
            await system.Gateway.DeregisterAllAsync(service);
        }
    }

    // Every text of every response that the page reads, among them those that the hub would not store.
    [Fact]
    public async Task Every_text_of_a_response_is_shown_as_text()
    {
        var key = ApiKeyFormat.Create();
        var texts = new Dictionary<string, string>();
        foreach (var path in (string[])["/v1/performance", "/v1/performance/checklist", "/v1/services?limit=1000"])
        {
            using var real = await system.Gateway.GetAsync(new Uri(path, UriKind.Relative));
            texts[path.Split('?')[0]] = WithMarkup(JsonNode.Parse((await real.JsonAsync()).GetRawText())!).ToJsonString();
        }

        var events = JsonSerializer.Serialize(new[] { new { id = Markup, type = Markup, timestamp = "2026-01-31T12:00:00Z", payload = Markup } });
        await using var hub = await FakeHub.StartAsync(app =>
        {
            foreach (var (path, json) in texts)
            {
                app.MapGet(path, () => TypedResults.Text(json, "application/json"));
            }

            app.MapGet("/v1/events", () => TypedResults.Text(events, "application/json"));
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                var streamed = JsonSerializer.Serialize(new { id = "2", type = Markup, timestamp = "2026-01-31T12:00:00Z", payload = (string?)null });
                await context.Response.WriteAsync($"id: {Markup}2\nevent: {Markup}\ndata: {streamed}\n\n");
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
        });
        hub.Keys[key] = new ApiKeyIdentity(Guid.NewGuid(), Markup, [Scope.Read], RequestsPerMinute: 10_000);
        await using var gateway = await GatewayProcess.StartAsync([hub]);

        await using var opened = await browser.OpenAsync(new Uri($"http://127.0.0.1:{gateway.Port}/"));
        await opened.Page.GetByLabel("API key").FillAsync(key);
        await opened.Page.GetByLabel("API key").PressAsync("Enter");
        await opened.CompleteAsync();
        foreach (var part in (string[])["#targets", "#checklist", "#services", "#events"])
        {
            await Expect(opened.Page.Locator(part)).ToContainTextAsync("<script>window.ran=1</script>");
        }

        await IsCleanAsync(opened, mayComplainOfValues: true);
    }

    // A browser that is led to the API itself shows a response as what it is.
    [Theory]
    [InlineData("/v1/agents/{0}")]
    [InlineData("/v1/models/{0}")]
    [InlineData("/v1/services/{0}")]
    [InlineData("/v1/events?type={0}")]
    [InlineData("/v1/events?type={0}&cursor={0}")]
    [InlineData("/{0}")]
    public async Task A_response_opened_as_a_page_is_no_markup(string path)
    {
        var gateway = system.App.GetEndpoint("gateway", "http");
        var address = new Uri(gateway, path.Replace("{0}", Uri.EscapeDataString(Markup), StringComparison.Ordinal));
        await using var opened = await browser.OpenAsync(address);
        Assert.Empty(await opened.Page.EvaluateAsync<string[]>(Foreign));
    }

    // Its page has scripts in itself, and the policy permits them: nothing of the address may be among them.
    [Theory]
    [InlineData("/docs/{0}")]
    [InlineData("/docs?{0}")]
    [InlineData("/docs#{0}")]
    [InlineData("/docs/%27%7D%3Bwindow.ran%3D1%3B")]
    public async Task The_address_of_the_documentation_is_no_markup_in_it(string path)
    {
        var gateway = system.App.GetEndpoint("gateway", "http");
        var address = new Uri(gateway, path.Replace("{0}", Uri.EscapeDataString(Markup), StringComparison.Ordinal));
        await using var opened = await browser.OpenAsync(address);
        await Expect(opened.Page.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
        Assert.False(await opened.Page.EvaluateAsync<bool>("'ran' in window"));
    }

    private static async Task IsCleanAsync(OpenedPage opened, bool mayComplainOfValues = false)
    {
        Assert.Empty(await opened.Page.EvaluateAsync<string[]>(Foreign));
        Assert.Empty(opened.Elsewhere);
        Assert.DoesNotContain(
            opened.Errors, error => !mayComplainOfValues || error.Contains("Content Security Policy", StringComparison.OrdinalIgnoreCase));
    }

    private async Task SendAsync(HttpMethod method, string path, string json)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = Answers.Json(json) };
        using var response = await system.Gateway.SendAsync(request);
        Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    // Numbers, times and the words that choose what is shown stay: without them the page would show less.
    private static JsonNode WithMarkup(JsonNode node)
    {
        string[] kept = ["generated_at", "at", "status", "area", "direction", "unit"];
        switch (node)
        {
            case JsonObject thing:
                foreach (var (name, value) in thing.ToList())
                {
                    if (!kept.Contains(name) && value is JsonValue text && text.GetValueKind() == JsonValueKind.String)
                    {
                        thing[name] = text.GetValue<string>() + Markup;
                    }
                    else if (value is JsonObject or JsonArray)
                    {
                        WithMarkup(value);
                    }
                }

                break;
            case JsonArray list:
                foreach (var item in list.OfType<JsonNode>())
                {
                    WithMarkup(item);
                }

                break;
        }

        return node;
    }
}
