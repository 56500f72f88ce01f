using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using Microsoft.Playwright;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;
using static Microsoft.Playwright.Assertions;

namespace StoryPortal.Tests.Page;

/// <summary>The page at <c>/</c>, in a browser, of the running system.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class PageTests(StoryPortalSystem system, Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] Modules =
        ["api.js", "checklist.js", "dom.js", "events.js", "format.js", "icons.js", "key.js", "main.js", "services.js", "targets.js", "traffic.js", "verdict.js"];

    private readonly Uri _address = system.App.GetEndpoint("gateway", "http");

    [Fact]
    public async Task Whoever_opens_it_sees_the_verdict_and_what_it_is_made_of_and_nothing_comes_from_elsewhere()
    {
        await using var opened = await (await browser.OpenAsync(_address)).CompleteAsync();
        await Expect(opened.Verdict).ToHaveTextAsync(VerdictText());
        await Expect(opened.Rows).ToHaveCountAsync(Slos.All.Count);
        foreach (var target in Slos.All)
        {
            await Expect(opened.Page.Locator($"#row-{target.Id} .status")).ToHaveTextAsync(StatusWord());
        }

        using var checklist = await system.Gateway.GetAsync(new Uri("/v1/performance/checklist", UriKind.Relative));
        Assert.Equal((await checklist.JsonAsync()).GetProperty("items").GetArrayLength(), await opened.Checks.CountAsync());
        foreach (var service in (string[])["data-layer", "gateway", "service-hub"])
        {
            await Expect(opened.Page.Locator($"tr[data-key^='{service}/'] .status")).ToHaveTextAsync("passing");
        }

        await Expect(opened.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "Throughput over the last" })).ToBeVisibleAsync();
        Assert.Empty(opened.Errors);
        Assert.Empty(opened.Elsewhere);
    }

    [Fact]
    public async Task An_event_appears_when_it_is_posted()
    {
        await using var opened = await browser.OpenAsync(_address);
        await Expect(opened.Page.Locator("#events-state")).ToContainTextAsync("Connected");
        var type = $"page.{Guid.NewGuid():N}";
        using var posted = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json($$$"""{"type": "{{{type}}}", "payload": {"words": "<b>bold</b>"}}"""));
        await posted.JsonAsync(HttpStatusCode.Created);

        var item = opened.Page.Locator("#events-list > li").Filter(new LocatorFilterOptions { HasText = type });
        await item.WaitForAsync();
        await Expect(item).ToContainTextAsync("<b>bold</b>"); // text, whatever is in it
    }

    [Theory]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    [InlineData(1440, ColorScheme.Dark)]
    public async Task It_fits_a_phone_and_a_desktop_and_can_be_read_in_light_and_dark(int width, ColorScheme scheme)
    {
        await using var opened = await (await browser.OpenAsync(_address, width, scheme)).CompleteAsync();
        Assert.Equal(width, await opened.Page.EvaluateAsync<int>("document.scrollingElement.scrollWidth"));
        Assert.Empty(await opened.Page.EvaluateAsync<string[]>(Accessibility.TooPale));
    }

    [Fact]
    public async Task All_that_can_be_used_is_reached_by_keyboard_and_shows_that_it_is()
    {
        await using var opened = await (await browser.OpenAsync(_address)).CompleteAsync();
        await opened.Page.RouteAsync("**/v1/**", route => route.AbortAsync()); // so that nothing is added on the way
        var usable = await opened.Page.EvaluateAsync<int>(Accessibility.NumberUsable);
        for (var i = 0; i < usable; i++)
        {
            await opened.Page.Keyboard.PressAsync("Tab");
            Assert.True(await opened.Page.EvaluateAsync<bool>("getComputedStyle(document.activeElement).outlineStyle !== 'none'"), $"stop {i} shows no focus");
            await opened.Page.EvaluateAsync("document.activeElement.dataset.reached = ''");
        }

        Assert.Empty(await opened.Page.EvaluateAsync<string[]>(Accessibility.NotReached));

        await opened.Page.GetByText("Skip to the content").FocusAsync();
        await opened.Page.Keyboard.PressAsync("Enter");
        await Expect(opened.Page.Locator("main")).ToBeFocusedAsync();

        var check = opened.Page.Locator(".checks details:not([open])").First;
        await check.Locator("summary").FocusAsync();
        await opened.Page.Keyboard.PressAsync("Enter");
        await Expect(opened.Page.Locator(".checks li:has(:focus) .evidence")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Whoever_cannot_see_it_hears_what_everything_is()
    {
        await using var opened = await (await browser.OpenAsync(_address)).CompleteAsync();
        Assert.Empty(await opened.Page.EvaluateAsync<string[]>(Accessibility.Faults));
        await Expect(opened.Page.GetByRole(AriaRole.Table, new PageGetByRoleOptions { Name = "Database" })).ToBeVisibleAsync();
        await Expect(opened.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync(VerdictText());
    }

    [Fact]
    public async Task It_comes_compressed_with_a_tag_and_a_list_of_all_it_needs_and_its_policy_allows_nothing_else()
    {
        using var page = await GetAsync("/", "br");
        Assert.Equal("br", page.Content.Headers.ContentEncoding.Single());
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var link = string.Join(", ", page.Headers.GetValues("Link"));
        Assert.Contains("</page/page.css>; rel=preload; as=style", link, StringComparison.Ordinal);
        Assert.All(Modules, module => Assert.Contains($"</page/{module}>; rel=modulepreload", link, StringComparison.Ordinal));

        foreach (var path in (string[])["/", "/page/page.css", "/page/icon.svg", .. Modules.Select(module => $"/page/{module}")])
        {
            using var first = await GetAsync(path);
            Assert.True(first.StatusCode == HttpStatusCode.OK, path);
            Assert.True(first.Headers.CacheControl!.NoCache);
            using var again = await GetAsync(path, tag: first.Headers.ETag);
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
            Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        }

        using var missing = await GetAsync("/page/nothing.js");
        await missing.ProblemAsync(HttpStatusCode.NotFound);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? encoding = null, EntityTagHeaderValue? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (encoding is not null)
        {
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
        }

        if (tag is not null)
        {
            request.Headers.IfNoneMatch.Add(tag);
        }

        return await system.Anonymous.SendAsync(request);
    }

    [GeneratedRegex("^(All|The one|[0-9]+ of) .*(kept|missed|just)\\.$")]
    private static partial Regex VerdictText();

    [GeneratedRegex("^(kept|at risk|missed|no data yet)$")]
    private static partial Regex StatusWord();
}
