using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Gateway;

namespace StoryPortal.Tests.Running;

/// <summary>API keys of a test's own, and requests that carry them.</summary>
internal static class CallerKeys
{
    /// <summary>Makes a key; returns its id and the key.</summary>
    public static async Task<(Guid Id, string Key)> CreateKeyAsync(this ProductionSystem system, string name, params string[] scopes)
    {
        var body = JsonSerializer.Serialize(new { name, scopes });
        using var response = await system.SendAsync(GatewayProcess.AdminKey, "POST", "/v1/admin/api-keys", body);
        var key = await response.JsonAsync(HttpStatusCode.Created);
        return (key.Id(), key.GetProperty("key").GetString()!);
    }

    /// <summary>Sends a request with a key through the gateway.</summary>
    public static async Task<HttpResponseMessage> SendAsync(
        this ProductionSystem system, string key, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : Answers.Json(body);
        request.Headers.Add("X-API-Key", key);
        return await system.Gateway.Anonymous.SendAsync(request);
    }

    /// <summary>Sends a request with a key through the gateway, and checks its status; returns the body.</summary>
    public static async Task<string> SendAsync(
        this ProductionSystem system, HttpStatusCode expected, string key, string method, string path, string? body = null)
    {
        using var response = await system.SendAsync(key, method, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{method} {path}: expected {(int)expected}, got {(int)response.StatusCode}: {text}");
        return text;
    }
}
