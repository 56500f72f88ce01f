using System.Net;
using System.Text;
using System.Text.Json;
using StoryPortal.Tests.Running;
using StoryPortal.Tests.Security;

namespace StoryPortal.Tests.Models;

[Collection(SharedSystem.Name)]
public sealed class ModelTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly string _id = $"model-test-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_model_is_created_kept_and_replaced_by_put()
    {
        using var created = await PutAsync(_id, """{"provider": "acme", "model": "large", "parameters": {"temperature": 0.2} }""");
        var first = await created.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/v1/models/{_id}", created.Headers.Location?.OriginalString);
        Assert.True(first.GetProperty("enabled").GetBoolean());

        using var same = await PutAsync(_id, $$"""{"id": "{{_id}}", "provider": "acme", "model": "large", "parameters": {"temperature": 0.2} }""");
        Assert.Equal(first.GetRawText(), (await same.JsonAsync()).GetRawText());

        using var replaced = await PutAsync(_id, """{"provider": "acme", "model": "small", "enabled": false}""");
        var second = await replaced.JsonAsync();
        Assert.Equal("{}", second.GetProperty("parameters").GetRawText());
        Assert.False(second.GetProperty("enabled").GetBoolean());
        Assert.True(string.CompareOrdinal(second.GetProperty("updated_at").GetString(), first.GetProperty("updated_at").GetString()) > 0);

        using var read = await _api.GetAsync(Address(_id));
        Assert.Equal(second.GetRawText(), (await read.JsonAsync()).GetRawText());
    }

    [Theory]
    [InlineData("/v1/models/")]
    [InlineData("/api/v1/models/")]
    [InlineData("http://localhost/v1/models/")]
    public async Task An_id_is_decoded_once_whatever_it_holds(string models)
    {
        string[] ids = [$"{_id}/z", $"{_id}%2Fz", $"{_id}%252Fz", $"{_id}/../a b?#ä%", $"{_id}%"];
        foreach (var id in ids)
        {
            var target = models + Uri.EscapeDataString(id);
            var put = await RawRequests.SendAsync(_api.BaseAddress!.Port, Request("PUT", target, """{"provider": "acme", "model": "large"}"""));
            Assert.StartsWith("HTTP/1.1 201", put, StringComparison.Ordinal);
            Assert.Contains($"\r\nLocation: /v1/models/{Uri.EscapeDataString(id)}\r\n", put, StringComparison.Ordinal);
            Assert.Equal(id, Id(JsonElement.Parse(BodyOf(put))));
        }

        foreach (var id in ids)
        {
            using var read = await _api.GetAsync(Address(Uri.EscapeDataString(id)));
            Assert.Equal(id, Id(await read.JsonAsync()));
        }

        using var batch = await _api.PostAsync(
            new Uri("/v1/batch", UriKind.Relative), Answers.Json($$"""{"requests": [{{string.Join(',', ids.Select(id => $$"""{"path": "/v1/models/{{Uri.EscapeDataString(id)}}"}"""))}}]}"""));
        Assert.Equal(ids, (await batch.JsonAsync()).GetProperty("results").EnumerateArray().Select(result => Id(result.GetProperty("body"))));
    }

    [Fact]
    public async Task Models_are_paged_by_id()
    {
        string[] ids = [.. Enumerable.Range(0, 5).Select(i => $"{_id}-{i}")];
        foreach (var id in ids)
        {
            using var created = await PutAsync(id, """{"provider": "acme", "model": "large"}""");
            await created.JsonAsync(HttpStatusCode.Created);
        }

        var listed = (await _api.PagesAsync("/v1/models?limit=2")).SelectMany(page => page.EnumerateArray()).Select(Id).ToList();
        Assert.Equal(listed.Distinct(), listed);
        Assert.Equal(ids, listed.Where(ids.Contains));
    }

    [Theory]
    [InlineData("provider", """{"model": "large"}""")]
    [InlineData("model", """{"provider": "acme", "model": ""}""")]
    [InlineData("parameters", """{"provider": "acme", "model": "large", "parameters": 5}""")]
    [InlineData("enabled", """{"provider": "acme", "model": "large", "enabled": "yes"}""")]
    [InlineData("id", """{"id": "other", "provider": "acme", "model": "large"}""")]
    [InlineData("updated_at", """{"provider": "acme", "model": "large", "updated_at": "2026-01-01T00:00:00Z"}""")]
    public async Task A_bad_model_is_refused_by_field(string field, string json)
    {
        using var created = await PutAsync(_id, """{"provider": "acme", "model": "large"}""");
        await created.JsonAsync(HttpStatusCode.Created);
        using var response = await PutAsync(_id, json);
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task An_id_that_is_too_long_is_refused_and_one_that_is_not_there_is_not_found()
    {
        using var tooLong = await PutAsync(new string('x', 201), """{"provider": "acme", "model": "large"}""");
        Assert.Equal(["id"], await tooLong.ProblemAsync(HttpStatusCode.BadRequest));
        using var absent = await _api.GetAsync(Address(_id));
        await absent.ProblemAsync(HttpStatusCode.NotFound);
    }

    private string Request(string method, string target, string body)
    {
        var headers = string.Concat(_api.DefaultRequestHeaders.Select(header => $"{header.Key}: {string.Join(',', header.Value)}\r\n"));
        return $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
    }

    // As one chunk, or with its length.
    private static string BodyOf(string response)
    {
        var body = response[response.IndexOf("\r\n\r\n", StringComparison.Ordinal)..];
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)]));
    }

    private static string Id(JsonElement model) => model.GetProperty("id").GetString()!;

    private static Uri Address(string id) => new($"/api/v1/models/{id}", UriKind.Relative);

    private Task<HttpResponseMessage> PutAsync(string id, string json) => _api.PutAsync(Address(id), Answers.Json(json));
}
