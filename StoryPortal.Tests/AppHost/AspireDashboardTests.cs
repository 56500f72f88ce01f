using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StoryPortal.Tests.Page;
using StoryPortal.Tests.Running;
using static Microsoft.Playwright.Assertions;

namespace StoryPortal.Tests.AppHost;

/// <summary>The Aspire dashboard in a browser, as a developer uses it after a start.</summary>
public sealed partial class AspireDashboardTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private static readonly string[] Resources = ["postgres", "storyportal", "redis-server", "redis", "data-layer", "service-hub", "gateway"];

    private readonly StoryPortalSystem _system = new(["--StoryPortal:Servers=local"], hasDashboard: true);

    private Uri Login => new(
        $"{_system.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<IResourceWithEndpoints>()
            .Single(resource => resource.Name == "aspire-dashboard").GetEndpoint("http").Url}/login?t={_system.App.Services.GetRequiredService<IConfiguration>()["AppHost:BrowserToken"]}");

    public Task InitializeAsync() => _system.InitializeAsync();

    public Task DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task It_shows_every_resource_healthy_runs_a_command_and_has_the_trace_of_a_request_from_the_gateway_to_Postgres_and_Redis()
    {
        await using var opened = await browser.OpenAsync(Login, width: 1600);
        var page = opened.Page;
        await Expect(page).ToHaveTitleAsync(new Regex("resources$"));
        foreach (var name in Resources)
        {
            await Expect(Row(page, name).GetByRole(AriaRole.Gridcell).Nth(1)).ToHaveTextAsync(Running()); // unhealthy, it would say so in parentheses
        }

        await Expect(Row(page, "gateway").GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "API docs" })).ToBeVisibleAsync();

        await Row(page, "service-hub").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Actions" }).ClickAsync();
        await page.GetByTitle("Commands", new PageGetByTitleOptions { Exact = true }).ClickAsync();
        await page.GetByTitle("Warm cache", new PageGetByTitleOptions { Exact = true }).ClickAsync();
        await Expect(page.GetByText("service-hub \"Warm cache\" succeeded").First).ToBeVisibleAsync();

        await Row(page, "service-hub").GetByText("service-hub", new LocatorGetByTextOptions { Exact = true }).ClickAsync();
        await Expect(page.GetByText("The HTTP API.").First).ToBeVisibleAsync();

        using var created = await _system.Gateway.PostAsync(new Uri("/v1/agents", UriKind.Relative), Answers.Json("""{"name": "Ada", "type": "writer"}"""));
        await created.JsonAsync(HttpStatusCode.Created);
        var traceId = created.Headers.GetValues("traceparent").Single().Split('-')[1];
        await page.GotoAsync(new Uri(Login, "/traces").ToString());
        await page.GetByText("POST /v1/agents").First.ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex(traceId));
        foreach (var (resource, span) in ((string, string)[])
            [("gateway", "proxy.forwarder"), ("service-hub", "POST /v1/agents"), ("service-hub", "postgresql"), ("service-hub", "DATA redis PUBLISH")])
        {
            await Expect(page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { HasText = resource }).Filter(new LocatorFilterOptions { HasText = span }).First).ToBeVisibleAsync();
        }
    }

    private static ILocator Row(IPage page, string resource) =>
        page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { Has = page.GetByText(resource, new PageGetByTextOptions { Exact = true }) });

    [GeneratedRegex(@"^\s*Running\s*$")]
    private static partial Regex Running();
}
