using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Http;

/// <summary>What a read or an export returns can be sent back as it is; a read-only member with another value is refused by its name.</summary>
[Collection(SharedSystem.Name)]
public sealed class RoundTripTests(StoryPortalSystem system) : IAsyncLifetime
{
    private const string Other = "2001-01-01T00:00:00.000000Z";

    private readonly HttpClient _api = system.Gateway;
    private readonly string _name = $"round-trip-{Guid.NewGuid():N}";

    [Theory]
    [InlineData("agents", "PUT", """{"name": "n", "type": "t", "metadata": {"a": [1.50, null]} }""", "created_at", "updated_at")]
    [InlineData("agents", "PATCH", """{"name": "n", "type": "t"}""", "id", "created_at", "updated_at")]
    [InlineData("sessions", "PUT", """{"type": "t"}""", "id", "created_at", "updated_at", "ended_at")]
    [InlineData("sessions", "PUT", """{"type": "t", "is_active": false, "user_id": "u"}""", "created_at", "updated_at", "ended_at")]
    [InlineData("sessions", "PATCH", """{"type": "t", "user_id": "u", "agent_id": "0197a000-0000-7000-8000-000000000001"}""", "id", "created_at", "updated_at", "ended_at")]
    [InlineData("models", "PUT", """{"provider": "p", "model": "m", "parameters": {"b": 1, "a": null} }""", "id", "updated_at")]
    [InlineData("instances", "PUT", """{"url": "http://one.example", "lease_seconds": 3600}""", "id", "status", "registered_at")]
    public async Task A_representation_can_be_sent_back(string resource, string method, string body, params string[] readOnly)
    {
        var address = Absent(resource);
        using var created = await SendAsync("PUT", address, body);
        await created.JsonAsync(HttpStatusCode.Created);
        var read = await ReadAsync(address);

        using var same = await SendAsync(method, address, read);
        await same.JsonAsync();
        Assert.Equal(read, await ReadAsync(address));

        foreach (var member in readOnly)
        {
            var changed = JsonNode.Parse(read)!;
            changed[member] = member switch { "id" => Guid.NewGuid().ToString(), "status" => "critical", _ => Other };
            using var refused = await SendAsync(method, address, changed.ToJsonString());
            Assert.Equal([member], await refused.ProblemAsync(HttpStatusCode.BadRequest));
        }

        Assert.Equal(read, await ReadAsync(address));
        if (method == "PUT" && resource != "instances")
        {
            // A resource that does not exist yet gets its read-only members from the server.
            var (elsewhere, copy) = (Absent(resource), JsonNode.Parse(read)!);
            copy["id"] = elsewhere[(elsewhere.LastIndexOf('/') + 1)..];
            using var moved = await SendAsync("PUT", elsewhere, copy.ToJsonString());
            await moved.JsonAsync(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task A_list_of_agents_can_be_sent_back_as_a_batch()
    {
        using var stored = await _api.PostAsync(Relative("/v1/agents/batch"), Answers.Ndjson(Agent(), Agent(), Agent()));
        await stored.JsonAsync();
        using var listed = await _api.GetAsync(Relative($"/v1/agents?type={_name}"));
        var agents = JsonNode.Parse((await listed.JsonAsync()).GetRawText())!.AsArray();

        using var same = await _api.PostAsync(Relative("/v1/agents/batch"), Answers.Json(agents.ToJsonString()));
        Assert.Equal("""{"accepted":3,"created":0,"updated":0,"unchanged":3}""", (await same.JsonAsync()).GetRawText());

        agents[0]!["name"] = "changed";
        agents[1]!["created_at"] = Other;
        using var refused = await _api.PostAsync(Relative("/v1/agents/batch"), Answers.Json(agents.ToJsonString()));
        Assert.Equal(["[1].created_at"], await refused.ProblemAsync(HttpStatusCode.BadRequest));
        using var lines = await _api.PostAsync(Relative("/v1/agents/batch"), Answers.Ndjson([.. agents.Select(agent => agent!.ToJsonString())]));
        Assert.Equal(["line 2: created_at"], await lines.ProblemAsync(HttpStatusCode.BadRequest));
        using var after = await _api.GetAsync(Relative($"/v1/agents?type={_name}"));
        Assert.DoesNotContain("changed", await after.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exported_events_can_be_posted_back()
    {
        using var stored = await _api.PostAsync(Relative("/v1/events/batch"), Answers.Ndjson($$"""{"type": "{{_name}}"}""", $$"""{"type": "{{_name}}", "payload": null}"""));
        await stored.JsonAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, Relative($"/v1/events?type={_name}"));
        request.Headers.Accept.Add(new("application/x-ndjson"));
        using var exported = await _api.SendAsync(request);
        var lines = (await exported.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);

        using var batch = await _api.PostAsync(Relative("/v1/events/batch"), Answers.Ndjson(lines));
        Assert.Equal("""{"accepted":0,"duplicates":2}""", (await batch.JsonAsync()).GetRawText());
        using var single = await _api.PostAsync(Relative("/v1/events"), Answers.Json(lines[0]));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(lines[0]), await single.JsonAsync()));

        var changed = JsonNode.Parse(lines[1])!;
        changed["received_at"] = Other;
        using var refused = await _api.PostAsync(Relative("/v1/events"), Answers.Json(changed.ToJsonString()));
        Assert.Equal(["received_at"], await refused.ProblemAsync(HttpStatusCode.BadRequest));
        using var refusedLine = await _api.PostAsync(Relative("/v1/events/batch"), Answers.Ndjson($$"""{"type": "{{_name}}"}""", changed.ToJsonString()));
        Assert.Equal(["line 2: received_at"], await refusedLine.ProblemAsync(HttpStatusCode.BadRequest));

        // An event that is not stored yet gets its received_at from the server.
        changed["id"] = Guid.NewGuid().ToString();
        using var moved = await _api.PostAsync(Relative("/v1/events/batch"), Answers.Ndjson(changed.ToJsonString()));
        Assert.Equal("""{"accepted":1,"duplicates":0}""", (await moved.JsonAsync()).GetRawText());
    }

    [Theory]
    [InlineData("/v1/quality-scores", "assessment", """{"component_type": "t", "component_id": "c", "overall_score": 70}""", "\"good\"")]
    [InlineData("/v1/performance/load-tests", "missed", """{"name": "n", "tool": "k6", "duration_seconds": 1, "requests": 10, "failed_requests": 5, "requests_per_second": 10, "p95_ms": 1, "p99_ms": 2}""", "[]")]
    public async Task A_derived_member_is_accepted_as_it_was_read(string address, string member, string body, string other)
    {
        using var created = await _api.PostAsync(Relative(address), Answers.Json(body));
        var stored = (await created.JsonAsync(HttpStatusCode.Created)).GetRawText();
        using var same = await _api.PostAsync(Relative(address), Answers.Json(stored));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(stored), await same.JsonAsync()));

        var changed = JsonNode.Parse(stored)!;
        changed[member] = JsonNode.Parse(other);
        using var refused = await _api.PostAsync(Relative(address), Answers.Json(changed.ToJsonString()));
        Assert.Equal([member], await refused.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_repeated_load_test_returns_the_stored_one_with_all_digits()
    {
        var id = Guid.NewGuid();
        string Test(string name) =>
            $$"""{"id": "{{id}}", "name": "{{name}}", "tool": "k6", "duration_seconds": 1, "requests": 9007199254740993, "failed_requests": 9007199254740993.0, "requests_per_second": 1, "p95_ms": 1, "p99_ms": 2}""";
        using var created = await _api.PostAsync(Relative("/v1/performance/load-tests"), Answers.Json(Test("first")));
        var first = await created.JsonAsync(HttpStatusCode.Created);
        Assert.Equal(9007199254740993, first.GetProperty("requests").GetInt64());
        Assert.Equal(9007199254740993, first.GetProperty("failed_requests").GetInt64());

        using var repeated = await _api.PostAsync(Relative("/v1/performance/load-tests"), Answers.Json(Test("second")));
        Assert.Equal(first.GetRawText(), (await repeated.JsonAsync()).GetRawText());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("false")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    public async Task A_payload_is_any_json_value_and_is_stored_as_such(string payload)
    {
        using var posted = await _api.PostAsync(Relative("/v1/events"), Answers.Json($$"""{"type": "{{_name}}", "payload": {{payload}} }"""));
        var e = await posted.JsonAsync(HttpStatusCode.Created);
        Assert.Equal(payload, e.GetProperty("payload").GetRawText());
        Assert.Equal(payload, JsonElement.Parse(await ReadAsync($"/v1/events/{e.Id()}")).GetProperty("payload").GetRawText());
    }

    [Theory]
    [InlineData("PUT", "agents", "metadata", """{"name": "n", "type": "t", "metadata": null}""")]
    [InlineData("PUT", "agents", "configuration", """{"name": "n", "type": "t", "configuration": null}""")]
    [InlineData("PUT", "sessions", "context", """{"type": "t", "context": null}""")]
    [InlineData("PUT", "models", "parameters", """{"provider": "p", "model": "m", "parameters": null}""")]
    [InlineData("PUT", "instances", "metadata", """{"url": "http://one.example", "metadata": null}""")]
    [InlineData("POST", "quality-scores", "dimensions", """{"component_type": "t", "component_id": "c", "overall_score": 70, "dimensions": null}""")]
    [InlineData("POST", "performance/load-tests", "details", """{"name": "n", "tool": "k6", "duration_seconds": 1, "requests": 10, "failed_requests": 5, "requests_per_second": 10, "p95_ms": 1, "p99_ms": 2, "details": null}""")]
    public async Task An_object_member_refuses_null(string method, string resource, string member, string body)
    {
        using var response = await SendAsync(method, method == "PUT" ? Absent(resource) : $"/v1/{resource}", body);
        Assert.Equal([member], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("30.0", 30)]
    [InlineData("3e1", 30)]
    [InlineData("30", 30)]
    [InlineData("30.5", null)]
    [InlineData("3e11", null)]
    [InlineData("\"30\"", null)]
    public async Task An_integer_is_a_number_without_a_fraction(string number, int? expected)
    {
        using var response = await SendAsync("PUT", Absent("instances"), $$"""{"url": "http://one.example", "lease_seconds": {{number}} }""");
        if (expected is not null)
        {
            Assert.Equal(expected, (await response.JsonAsync(HttpStatusCode.Created)).GetProperty("lease_seconds").GetInt32());
            return;
        }

        Assert.Equal(["lease_seconds"], await response.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Contains("whole number", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATCH", "agents", "application/json-patch+json", "Accept-Patch", "application/json, application/merge-patch+json")]
    [InlineData("PATCH", "sessions", "application/json-patch+json", "Accept-Patch", "application/json, application/merge-patch+json")]
    [InlineData("PUT", "agents", "application/merge-patch+json", "Accept", "application/json")]
    [InlineData("PUT", "models", "application/vnd.other+json", "Accept", "application/json")]
    public async Task Another_media_type_is_refused_with_those_that_are_accepted(string method, string resource, string type, string header, string accepted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), Relative(Absent(resource))) { Content = Answers.Json("""[{"op": "remove", "path": "/name"}]""") };
        request.Content.Headers.ContentType = new(type);
        using var response = await _api.SendAsync(request);
        await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType);
        Assert.Equal(accepted, string.Join(", ", response.Headers.GetValues(header)));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _api.DeregisterAllAsync(_name);

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private string Agent() => $$"""{"name": "n", "type": "{{_name}}"}""";

    private string Absent(string resource) => resource switch
    {
        "models" => $"/v1/models/{_name}-{Guid.NewGuid():N}",
        "instances" => $"/v1/services/{_name}/instances/{Guid.NewGuid():N}",
        _ => $"/v1/{resource}/{Guid.NewGuid()}",
    };

    private async Task<string> ReadAsync(string address)
    {
        using var response = await _api.GetAsync(Relative(address));
        return (await response.JsonAsync()).GetRawText();
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string address, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), Relative(address)) { Content = Answers.Json(body) };
        return await _api.SendAsync(request);
    }
}
