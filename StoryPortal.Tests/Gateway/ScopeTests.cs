using System.Net;
using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Every route of the hub, as its own description lists them, for every kind of caller.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class ScopeTests(StoryPortalSystem system)
{
    private static readonly TimeSpan RefusalsAreSoonerThan = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Every_route_asks_for_its_scope()
    {
        var reader = await KeyAsync("read");
        var writer = await KeyAsync("write");
        var revoked = await KeyAsync("admin");
        using var end = await system.Gateway.DeleteAsync(new Uri($"/v1/admin/api-keys/{revoked.Id}", UriKind.Relative));
        await Eventually.TrueAsync(async () => await StatusAsync(HttpMethod.Get, "/v1/agents", revoked.Key) == HttpStatusCode.Unauthorized);

        foreach (var (method, path) in await RoutesAsync())
        {
            var admin = path.StartsWith("/v1/admin", StringComparison.Ordinal);
            var reads = method == HttpMethod.Get || path == "/v1/batch"; // whose requests are looked at one by one
            var name = $"{method} {path}";

            var anonymous = await StatusAsync(method, path, null);
            Assert.True(admin || !(method == HttpMethod.Get) ? anonymous == HttpStatusCode.Unauthorized || path == "/v1/batch" : IsLetIn(anonymous), $"{name} without a key: {anonymous}");
            Assert.True(await StatusAsync(method, path, revoked.Key) == HttpStatusCode.Unauthorized, $"{name} with a revoked key");
            var read = await StatusAsync(method, path, reader.Key);
            Assert.True(!admin && reads ? IsLetIn(read) : read == HttpStatusCode.Forbidden, $"{name} with scope read: {read}");
            var write = await StatusAsync(method, path, writer.Key);
            Assert.True(!admin && !reads ? IsLetIn(write) : write == HttpStatusCode.Forbidden, $"{name} with scope write: {write}");
        }
    }

    private static bool IsLetIn(HttpStatusCode status) => status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);

    private async Task<List<(HttpMethod Method, string Path)>> RoutesAsync()
    {
        using var response = await system.Hub.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        var paths = (await response.JsonAsync()).GetProperty("paths");
        var routes = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(operation => operation.Name is "get" or "post" or "put" or "patch" or "delete")
            .Select(operation => (HttpMethod.Parse(operation.Name), Parameter().Replace(path.Name, Guid.NewGuid().ToString())))).ToList();
        Assert.Contains((HttpMethod.Get, "/v1/admin/api-keys"), routes.Select(route => (route.Item1, route.Item2.TrimEnd('/'))));
        return routes;
    }

    // A stream or a watch that is let in answers for a long time: a refusal would have come at once.
    private async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, string? key)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using var patience = new CancellationTokenSource(RefusalsAreSoonerThan);
        try
        {
            using var response = await system.Hub.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return response.StatusCode;
        }
        catch (OperationCanceledException)
        {
            return HttpStatusCode.OK;
        }
    }

    private async Task<(Guid Id, string Key)> KeyAsync(string scope)
    {
        using var response = await system.Gateway.PostAsync(new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json($$"""{"name": "{{scope}}", "scopes": ["{{scope}}"]}"""));
        var made = await response.JsonAsync(HttpStatusCode.Created);
        return (made.Id(), made.GetProperty("key").GetString()!);
    }

    [GeneratedRegex("{[^}]+}")]
    private static partial Regex Parameter();
}
