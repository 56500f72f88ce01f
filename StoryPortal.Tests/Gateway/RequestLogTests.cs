using System.Net;
using System.Text.Json;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Every request leaves a line, and no line holds a secret.</summary>
[Collection(SharedSystem.Name)]
public sealed class RequestLogTests(StoryPortalSystem system)
{
    [Fact]
    public async Task Every_request_leaves_a_line_with_the_route_that_answered()
    {
        var id = $"log-{Guid.NewGuid():N}";
        await SendAsync(HttpMethod.Get, $"/api/v1/agents/{Guid.NewGuid()}", id, StoryPortalSystem.AdminKey);
        await SendAsync(HttpMethod.Get, "/v1/events?limit=0&secret=hunter2", id + "-bad", StoryPortalSystem.AdminKey);
        await SendAsync(HttpMethod.Post, "/v1/agents", id + "-refused", ApiKeyFormat.Create());
        await SendAsync(HttpMethod.Get, "/v1/services", id + "-kept", StoryPortalSystem.AdminKey);

        var missing = await LineAsync(id);
        Assert.Equal(
            ("GET", "/v1/agents/{id}", 404, "admin"),
            (missing.GetProperty("method").GetString(), missing.GetProperty("route").GetString(), missing.GetProperty("status_code").GetInt32(), missing.GetProperty("consumer").GetString()));
        Assert.True(missing.GetProperty("latency_ms").GetDouble() > 0);
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(missing.GetProperty("client_ip").GetString()!)));
        Assert.Equal("test", missing.GetProperty("user_agent").GetString());
        Assert.Equal(32, missing.GetProperty("trace_id").GetString()!.Length);

        var bad = await LineAsync(id + "-bad");
        Assert.Equal(("/v1/events", 400), (bad.GetProperty("route").GetString(), bad.GetProperty("status_code").GetInt32()));
        Assert.DoesNotContain("hunter2", bad.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(StoryPortalSystem.AdminKey, bad.GetRawText(), StringComparison.Ordinal);

        Assert.Equal(401, (await LineAsync(id + "-refused")).GetProperty("status_code").GetInt32());
        var kept = await LineAsync(id + "-kept");
        Assert.Equal("/v1/services", kept.GetProperty("route").GetString());
        Assert.Contains(kept.GetProperty("cache").GetString(), (string?[])["HIT", "MISS"]);
    }

    private async Task SendAsync(HttpMethod method, string path, string id, string key)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("X-API-Key", key);
        request.Headers.Add("X-Request-Id", id);
        request.Headers.UserAgent.ParseAdd("test");
        using var response = await system.Anonymous.SendAsync(request);
        Assert.False(response.Headers.Contains("X-Route"));
    }

    private async Task<JsonElement> LineAsync(string id)
    {
        string? line = null;
        await Eventually.TrueAsync(async () =>
        {
            await using var read = system.Database.CreateCommand($"SELECT row_to_json(r)::text FROM mcp_documents.api_requests r WHERE request_id = '{id}'");
            line = (string?)await read.ExecuteScalarAsync();
            return line is not null;
        });
        return JsonElement.Parse(line!);
    }
}
