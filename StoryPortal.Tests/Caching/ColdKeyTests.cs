using System.Net;
using StoryPortal.Tests.Database;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>What a key that is not cached costs the database, as Postgres itself counts it.</summary>
[Collection(SharedSystem.Name)]
public sealed class ColdKeyTests(StoryPortalSystem system)
{
    private const int Callers = 200;

    [Theory]
    [InlineData("agents.get", "/v1/agents", """{"name": "cold", "type": "cold"}""")]
    [InlineData("sessions.get", "/v1/sessions", """{"type": "cold"}""")]
    public async Task Two_hundred_callers_of_a_cold_key_are_one_query(string query, string path, string json)
    {
        using var created = await system.Gateway.PostAsync(new Uri(path, UriKind.Relative), Answers.Json(json));
        var address = new Uri($"{path}/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}", UriKind.Relative);
        var text = ProductQueries.Texts.Single(candidate => candidate.Name == query).Sql;

        using var hub = system.CreateHubClient();
        var before = await CallsAsync(text);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            using var response = await hub.GetAsync(address);
            await response.JsonAsync();
        }));
        Assert.Equal(before + 1, await CallsAsync(text));
    }

    private async Task<long> CallsAsync(string text)
    {
        await using var command = system.Database.CreateCommand("""
            SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
            WHERE query = $1 AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            """);
        command.Parameters.AddWithValue(text);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
