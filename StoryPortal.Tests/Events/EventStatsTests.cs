using System.Globalization;
using System.Text.Json;
using Npgsql;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>Statistics are exact at every moment, whether the worker has counted the events already or not.</summary>
[Collection(SharedSystem.Name)]
public sealed class EventStatsTests(StoryPortalSystem system)
{
    private const string Window = "from=2026-04-01T09:30:00Z&to=2026-04-03T10:30:00Z";

    private readonly HttpClient _api = system.Gateway;
    private readonly string _type = $"stats-test-{Guid.NewGuid():N}";
    private readonly Guid _agent = Guid.NewGuid();

    [Fact]
    public async Task Events_are_counted_by_hour_and_day_before_and_after_the_worker_has_counted_them()
    {
        // Two in part of an hour at either end, one outside of each, and some between.
        await StoreAsync("01T09:29:59", "01T09:30:00", "01T09:59:59", "01T10:00:00", "02T00:00:00", "02T23:59:59", "03T09:59:59", "03T10:00:00", "03T10:29:59", "03T10:30:00");

        var hours = """{"2026-04-01T09":2,"2026-04-01T10":1,"2026-04-02T00":1,"2026-04-02T23":1,"2026-04-03T09":1,"2026-04-03T10":2}""";
        var days = """{"2026-04-01T00":3,"2026-04-02T00":2,"2026-04-03T00":3}""";
        Assert.Equal(hours, await CountsAsync($"{Window}&bucket=hour"));
        Assert.Equal(days, await CountsAsync($"{Window}&bucket=day"));

        await CountedAsync();
        Assert.Equal(hours, await CountsAsync($"{Window}&bucket=hour"));
        Assert.Equal(days, await CountsAsync($"{Window}&bucket=day"));
        Assert.Equal(days, await CountsAsync($"{Window}&bucket=day&agent_id={_agent}"));
        Assert.Equal("{}", await CountsAsync($"{Window}&bucket=day&agent_id={Guid.NewGuid()}"));
        Assert.Equal("""{"2026-04-01T09":2}""", await CountsAsync("from=2026-04-01T09:30:00Z&to=2026-04-01T10:00:00Z"));
    }

    [Fact]
    public async Task An_event_that_comes_late_counts_in_an_hour_that_was_counted_already()
    {
        await StoreAsync("01T12:00:00", "01T12:10:00");
        await CountedAsync();
        await StoreAsync("01T12:20:00");
        Assert.Equal("""{"2026-04-01T12":3}""", await CountsAsync(Window));
        await CountedAsync();
        Assert.Equal("""{"2026-04-01T12":3}""", await CountsAsync(Window));
    }

    [Fact]
    public async Task An_event_that_is_committed_late_is_counted_though_others_came_after_it()
    {
        await using var connection = await system.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO mcp_documents.events (id, type, timestamp) VALUES (gen_random_uuid(), '{_type}', '2026-04-01T12:00:00Z')", connection, transaction);
        await insert.ExecuteNonQueryAsync();
        await StoreAsync("01T12:10:00");

        // The worker has seen that there is a writer, twice: it waits.
        var looked = await LooksAsync();
        await Eventually.TrueAsync(async () => await LooksAsync() >= looked + 2);
        Assert.Equal("""{"2026-04-01T12":1}""", await CountsAsync(Window));
        await transaction.CommitAsync();

        Assert.Equal("""{"2026-04-01T12":2}""", await CountsAsync(Window));
        await CountedAsync();
        Assert.Equal("""{"2026-04-01T12":2}""", await CountsAsync(Window));
    }

    [Fact]
    public async Task An_event_that_is_deleted_is_not_counted_any_more()
    {
        await StoreAsync("01T12:00:00", "01T12:10:00", "01T13:00:00");
        await CountedAsync();
        await ExecuteAsync($"DELETE FROM mcp_documents.events WHERE type = '{_type}' AND timestamp <> '2026-04-01T12:10:00Z'");
        Assert.Equal("""{"2026-04-01T12":1}""", await CountsAsync(Window));
    }

    [Fact]
    public async Task The_bucket_suits_the_window_unless_it_is_named()
    {
        await StoreAsync("01T12:00:01", "01T12:01:02");
        Assert.Equal(2, (await StatsAsync("from=2026-04-01T12:00:00Z&to=2026-04-01T13:00:00Z")).GetArrayLength());
        Assert.Equal("2026-04-01T12:00:00.000000Z", Bucket(await StatsAsync("from=2026-04-01T12:00:00Z&to=2026-04-02T12:00:00Z")));
        Assert.Equal("2026-04-01T00:00:00.000000Z", Bucket(await StatsAsync("from=2026-04-01T12:00:00Z&to=2026-05-01T12:00:00Z")));
    }

    [Fact]
    public async Task Statistics_are_of_the_last_24_hours_and_of_all_types_unless_asked_otherwise()
    {
        var now = DateTimeOffset.UtcNow;
        string[] events = [.. new[] { -1, -23, -25 }.Select(hours =>
            $$"""{"type": "{{_type}}", "timestamp": "{{now.AddHours(hours).ToString("O", CultureInfo.InvariantCulture)}}"}""")];
        using var stored = await _api.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson(events));
        await stored.JsonAsync();

        using var response = await _api.GetAsync(new Uri("/v1/events/stats", UriKind.Relative));
        Assert.Equal(2, (await response.JsonAsync()).EnumerateArray().Where(row => row.GetProperty("type").GetString() == _type).Sum(row => row.GetProperty("count").GetInt32()));
    }

    private static string Bucket(JsonElement stats) => Assert.Single(stats.EnumerateArray()).GetProperty("bucket").GetString()!;

    private async Task StoreAsync(params string[] times)
    {
        string[] events = [.. times.Select(time => $$"""{"type": "{{_type}}", "agent_id": "{{_agent}}", "timestamp": "2026-04-{{time}}Z"}""")];
        using var response = await _api.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson(events));
        await response.JsonAsync();
    }

    private async Task<JsonElement> StatsAsync(string query)
    {
        using var response = await _api.GetAsync(new Uri($"/v1/events/stats?type={_type}&{query}", UriKind.Relative));
        return await response.JsonAsync();
    }

    private async Task<string> CountsAsync(string query) => JsonSerializer.Serialize(
        (await StatsAsync(query.Contains("bucket", StringComparison.Ordinal) ? query : $"{query}&bucket=hour"))
            .EnumerateArray().ToDictionary(row => row.GetProperty("bucket").GetString()![..13], row => row.GetProperty("count").GetInt32()));

    private Task CountedAsync() => Eventually.TrueAsync(async () => await ScalarAsync(
        "SELECT (SELECT seq FROM mcp_documents.event_counts_progress) >= (SELECT max(seq) FROM mcp_documents.events)") is true);

    private async Task<long> LooksAsync() =>
        (long)(await ScalarAsync("SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE 'SELECT virtualtransaction FROM pg_locks%'"))!;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = system.Database.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private async Task ExecuteAsync(string sql) => await ScalarAsync(sql);
}
