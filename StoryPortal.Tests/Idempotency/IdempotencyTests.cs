using System.Net;
using System.Text;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Idempotency;

/// <summary>A request under a key is done once, however often it is sent.</summary>
[Collection(SharedSystem.Name)]
public sealed class IdempotencyTests(StoryPortalSystem system)
{
    private readonly string _key = Guid.NewGuid().ToString();

    public static TheoryData<string, string> Writes => new()
    {
        { "agents", """{"name": "a", "type": "$"}""" },
        { "sessions", """{"type": "$"}""" },
        { "events", """{"type": "$"}""" },
        { "quality-scores", """{"component_type": "$", "component_id": "a", "overall_score": 80}""" },
        { "agents/batch", """[{"name": "a", "type": "$"}, {"name": "b", "type": "$"}]""" },
        { "events/batch", """[{"type": "$"}, {"type": "$"}]""" },
        { "quality-scores/batch", """[{"component_type": "$", "component_id": "a", "overall_score": 80}]""" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_repeat_writes_nothing_and_is_given_the_first_answer(string area, string json)
    {
        json = json.Replace("$", _key, StringComparison.Ordinal);
        using var first = await PostAsync(area, json);
        using var second = await PostAsync(area, json);

        Assert.True(first.IsSuccessStatusCode);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal((first.StatusCode, first.Headers.Location), (second.StatusCode, second.Headers.Location));
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());

        var (table, column) = area.Split('/')[0] switch { "quality-scores" => ("quality_scores", "component_type"), var other => (other, "type") };
        await using var count = system.Database.CreateCommand($"SELECT count(*)::int FROM mcp_documents.{table} WHERE {column} = $1");
        count.Parameters.AddWithValue(_key);
        Assert.Equal(json.StartsWith('[') ? json.Split('}').Length - 1 : 1, await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task What_was_written_is_read_at_once_and_passed_on()
    {
        using var list = await system.Gateway.GetAsync(new Uri($"/v1/agents?type={_key}", UriKind.Relative));
        Assert.Empty((await list.JsonAsync()).EnumerateArray());
        using var stream = await Events.EventStreamReader.OpenAsync(system.Gateway, $"?type={_key}");
        using var agent = await PostAsync("agents", $$"""{"name": "a", "type": "{{_key}}"}""");
        using var posted = await PostAsync("events", $$"""{"type": "{{_key}}"}""");

        using var again = await system.Gateway.GetAsync(new Uri($"/v1/agents?type={_key}", UriKind.Relative));
        Assert.Equal([(await agent.JsonAsync(HttpStatusCode.Created)).Id()], (await again.JsonAsync()).Ids());
        Assert.Equal([(await posted.JsonAsync(HttpStatusCode.Created)).Id()], await stream.IdsAsync(1));
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_refused()
    {
        using var first = await PostAsync("events", """{"type": "one"}""");
        using var second = await PostAsync("events", """{"type": "two"}""");
        Assert.Equal(["Idempotency-Key"], await second.ProblemAsync(HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task The_same_key_elsewhere_or_of_another_caller_is_another_request()
    {
        using var made = await system.Gateway.PostAsync(new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json("""{"name": "other", "scopes": ["write"]}"""));
        var other = (await made.JsonAsync(HttpStatusCode.Created)).GetProperty("key").GetString()!;
        using var first = await PostAsync("events", $$"""{"type": "{{_key}}"}""");
        using var elsewhere = await PostAsync("agents", $$"""{"name": "a", "type": "{{_key}}"}""");
        using var ofOther = await PostAsync("events", $$"""{"type": "{{_key}}"}""", other);

        Assert.All((HttpResponseMessage[])[first, elsewhere, ofOther], response =>
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.False(response.Headers.Contains("Idempotency-Replayed"));
        });
    }

    [Fact]
    public async Task The_case_of_the_route_makes_no_other_request()
    {
        using var first = await PostAsync("events", $$"""{"type": "{{_key}}"}""");
        using var second = await PostAsync("Events", $$"""{"type": "{{_key}}"}""");
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
    }

    [Fact]
    public async Task A_request_that_failed_may_be_sent_again()
    {
        using var bad = await PostAsync("events", "{}");
        await bad.ProblemAsync(HttpStatusCode.BadRequest);
        using var good = await PostAsync("events", $$"""{"type": "{{_key}}"}""");
        await good.JsonAsync(HttpStatusCode.Created);

        using var taken = await PostAsync("agents", $$"""{"id": "{{_key}}", "name": "a", "type": "b"}""");
        await taken.JsonAsync(HttpStatusCode.Created);
        using var conflict = await PostAsync("agents", $$"""{"id": "{{_key}}", "name": "a", "type": "b"}""", key: null, idempotencyKey: "another-" + _key);
        await conflict.ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_done_and_the_others_are_given_its_answer_or_told_to_come_again()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => PostAsync("events", $$"""{"type": "{{_key}}"}""")));
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created && !answer.Headers.Contains("Idempotency-Replayed"));
        Assert.All(answers.Where(answer => answer.StatusCode == HttpStatusCode.Conflict), answer => Assert.NotNull(answer.Headers.RetryAfter));
        Array.ForEach(answers, answer => answer.Dispose());

        await using var count = system.Database.CreateCommand("SELECT count(*)::int FROM mcp_documents.events WHERE type = $1");
        count.Parameters.AddWithValue(_key);
        Assert.Equal(1, await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task After_a_day_a_key_may_be_used_for_something_else()
    {
        using var first = await PostAsync("events", $$"""{"type": "{{_key}}"}""");
        await first.JsonAsync(HttpStatusCode.Created);
        await using var age = system.Database.CreateCommand("UPDATE mcp_documents.idempotency_keys SET created_at = created_at - interval '1 day' WHERE key = $1");
        age.Parameters.AddWithValue(_key);
        Assert.Equal(1, await age.ExecuteNonQueryAsync());

        using var second = await PostAsync("events", $$"""{"type": "{{_key}}-other"}""");
        await second.JsonAsync(HttpStatusCode.Created);
        Assert.False(second.Headers.Contains("Idempotency-Replayed"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("long")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        using var response = await PostAsync("events", """{"type": "x"}""", null, key == "long" ? new string('k', 256) : key);
        Assert.Equal(["Idempotency-Key"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_request_of_a_batch_may_have_a_key_of_its_own()
    {
        var batch = $$$"""[{"method": "POST", "path": "/v1/events", "headers": {"Idempotency-Key": "{{{_key}}}"}, "body": {"type": "{{{_key}}}"}}]""";
        using var first = await system.Gateway.PostAsync(new Uri("/v1/batch", UriKind.Relative), Answers.Json(batch));
        using var second = await system.Gateway.PostAsync(new Uri("/v1/batch", UriKind.Relative), Answers.Json(batch));
        var (one, two) = ((await first.JsonAsync()).GetProperty("results")[0], (await second.JsonAsync()).GetProperty("results")[0]);
        Assert.Equal(one.GetProperty("body").Id(), two.GetProperty("body").Id());
        Assert.Equal("true", two.GetProperty("headers").GetProperty("Idempotency-Replayed").GetString());
    }

    private async Task<HttpResponseMessage> PostAsync(string area, string json, string? key = null, string? idempotencyKey = null)
    {
        // The hub's own port: the header arrives as it is sent.
        using var hub = system.CreateHubClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/{area}") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey ?? _key);
        if (key is not null)
        {
            hub.DefaultRequestHeaders.Remove("X-API-Key");
            hub.DefaultRequestHeaders.Add("X-API-Key", key);
        }

        return await hub.SendAsync(request);
    }
}
