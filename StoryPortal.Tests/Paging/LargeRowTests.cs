using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Events;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Paging;

/// <summary>A hub whose pages and stream queues are small, and whose memory holds a fraction of the events that the tests read.</summary>
public sealed class SmallHub(StoryPortalSystem servers) : IAsyncLifetime
{
    internal const int PageBytes = 64 * 1024;

    internal ProductionSystem System { get; } = new(servers, new()
    {
        ["Paging__MaxBytes"] = "65536",
        ["EventStreams__QueueBytes"] = "2097152",
        ["EventStreams__PatienceSeconds"] = "0.05",
        ["EventStreams__GiveUpSeconds"] = "600",
        ["DOTNET_GCHeapHardLimit"] = "8000000", // 128 MiB, in hex
    });

    /// <summary>The hub, as a caller with the admin key.</summary>
    internal HttpClient Hub { get; } = new();

    public async Task InitializeAsync()
    {
        await System.InitializeAsync();
        Hub.BaseAddress = System.Hub.BaseAddress;
        Hub.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
    }

    public Task DisposeAsync()
    {
        Hub.Dispose();
        return System.DisposeAsync();
    }
}

/// <summary>Lists, exports and streams of large rows: bounded by bytes, whatever the number of rows, and complete.</summary>
[Collection(SharedSystem.Name)]
public sealed class LargeRowTests(SmallHub small) : IClassFixture<SmallHub>
{
    private const int Count = 12;
    private const int Large = 150; // events of 0.9 MB: more than the hub's heap may have

    private const string Document = "jsonb_build_object('text', repeat('x', 20000))";

    // Each list, the statement that gives it rows, and how many those are.
    public static TheoryData<string, int, string> Lists => new()
    {
        { "agents", Count, $"INSERT INTO mcp_documents.agents (id, name, type, metadata) SELECT gen_random_uuid(), 'a', 'small-page', {Document} FROM generate_series(1, {Count})" },
        { "agents?type=small-page&include=events", Count, "SELECT 1" },
        { "sessions", Count, $"INSERT INTO mcp_documents.sessions (id, type, context) SELECT gen_random_uuid(), 't', {Document} FROM generate_series(1, {Count})" },
        { "events?type=small-page", Count, $"INSERT INTO mcp_documents.events (id, type, timestamp, payload) SELECT gen_random_uuid(), 'small-page', now(), {Document} FROM generate_series(1, {Count})" },
        { "quality-scores", Count, $"""
            INSERT INTO mcp_documents.quality_scores (id, component_type, component_id, overall_score, assessment, dimensions)
            SELECT gen_random_uuid(), 't', 'c', 90, 'good', {Document} FROM generate_series(1, {Count})
            """ },
        { "models", Count, $"INSERT INTO mcp_documents.model_configs (id, provider, model, parameters) SELECT 'm' || i, 'p', 'm', {Document} FROM generate_series(1, {Count}) i" },
        { "performance/load-tests", Count, $"INSERT INTO mcp_documents.load_tests SELECT gen_random_uuid(), 'n', 'k6', now(), 1, 1, 0, 1, 1, 1, {Document} FROM generate_series(1, {Count})" },
        { "performance/baselines", Count, $"INSERT INTO mcp_documents.performance_baselines SELECT gen_random_uuid(), now(), 'l', 'v', {Document} FROM generate_series(1, {Count})" },
        { "services", 60, """
            WITH s AS (INSERT INTO mcp_documents.services (name) SELECT 's' || i FROM generate_series(1, 60) i RETURNING name)
            INSERT INTO mcp_documents.service_instances (service_name, id, url, metadata) SELECT name, 'i', 'http://s', jsonb_build_object('text', repeat('x', 4000)) FROM s
            """ },
        { "admin/api-keys", 500, """
            INSERT INTO mcp_documents.api_keys (id, name, key_hash, scopes)
            SELECT gen_random_uuid(), repeat('k', 100), sha256(i::text::bytea), '{read}' FROM generate_series(1, 500) i
            """ },
        { "api-requests", 500, """
            INSERT INTO mcp_documents.api_requests (id, request_id, timestamp, method, route, path, status_code, latency_ms)
            SELECT gen_random_uuid(), 'r', now(), 'GET', '/', repeat('p', 200), 200, 1 FROM generate_series(1, 500)
            """ },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_page_ends_at_its_bytes_and_leads_to_the_rest(string list, int count, string rows)
    {
        await small.System.Database.RunAsync(rows);
        var pages = await small.Hub.PagesAsync($"/v1/{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=1000");

        Assert.InRange(pages.Count, 2, count);
        Assert.All(pages, page => Assert.InRange(page.GetRawText().Length, 1, SmallHub.PageBytes));
        var keys = pages.SelectMany(page => page.EnumerateArray()).Select(row => (row.TryGetProperty("id", out var id) ? id : row.GetProperty("name")).GetString()).ToList();
        Assert.Equal(count, keys.Count);
        Assert.Distinct(keys);
    }

    [Fact]
    public async Task A_row_that_is_larger_than_a_page_is_a_page()
    {
        await small.System.Database.RunAsync("""
            INSERT INTO mcp_documents.events (id, type, timestamp, payload)
            SELECT gen_random_uuid(), 'larger', now(), jsonb_build_object('text', repeat('x', 100000)) FROM generate_series(1, 3)
            """);
        var pages = await small.Hub.PagesAsync("/v1/events?type=larger");
        Assert.Equal([1, 1, 1], pages.Select(page => page.GetArrayLength()));
    }

    [Fact]
    public async Task Included_events_are_cut_at_the_bytes_of_a_page_and_say_so()
    {
        // Of the three agents the one in the middle has more events than a page holds; the last one has none.
        await small.System.Database.RunAsync("""
            INSERT INTO mcp_documents.agents (id, name, type, created_at)
            SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'a' || i, 'cut-events', now() - i * interval '1 s' FROM generate_series(1, 3) i;
            INSERT INTO mcp_documents.events (id, type, timestamp, agent_id, payload)
            SELECT gen_random_uuid(), 'e' || i, now() - i * interval '1 s', '00000000-0000-0000-0000-000000000002', jsonb_build_object('text', repeat('x', 20000)) FROM generate_series(1, 10) i;
            INSERT INTO mcp_documents.events (id, type, timestamp, agent_id) VALUES (gen_random_uuid(), 'e1', now(), '00000000-0000-0000-0000-000000000001')
            """);
        var pages = await small.Hub.PagesAsync("/v1/agents?type=cut-events&include=events&events_limit=100");

        Assert.All(pages, page => Assert.InRange(page.GetRawText().Length, 1, SmallHub.PageBytes));
        var agents = pages.SelectMany(page => page.EnumerateArray()).ToList();
        Assert.Equal(["a1", "a2", "a3"], agents.Select(agent => agent.GetProperty("name").GetString()));
        Assert.Equal(["e1"], TypesOf(agents[0]));
        Assert.Equal(["e1", "e2", "e3"], TypesOf(agents[1]));
        Assert.Empty(TypesOf(agents[2]));
        Assert.Equal([false, true, false], agents.Select(agent => agent.TryGetProperty("events_truncated", out var truncated) && truncated.GetBoolean()));
    }

    [Fact]
    public async Task More_than_fits_into_memory_is_exported_and_streamed_and_listed()
    {
        await StoreLargeAsync("memory");

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events?type=memory");
        request.Headers.Accept.Add(new("application/x-ndjson"));
        using var export = await small.Hub.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var exported = new List<Guid>();
        using (var lines = new StreamReader(await export.Content.ReadAsStreamAsync()))
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                exported.Add(JsonElement.Parse(line).Id());
            }
        }

        Assert.Equal(Large, exported.Distinct().Count());
        Assert.Equal(Large, exported.Count);

        using var page = await small.Hub.GetAsync(new Uri("/v1/events?type=memory&limit=1000", UriKind.Relative));
        Assert.Equal(exported[0], Assert.Single((await page.JsonAsync()).Ids()));

        using var stream = await EventStreamReader.OpenAsync(small.Hub, "?type=memory", exported[^1].ToString());
        Assert.Equal(exported.AsEnumerable().Reverse().Skip(1), await stream.IdsAsync(Large - 1));
    }

    [Fact]
    public async Task A_slow_reader_of_large_events_is_cut_off_by_their_bytes()
    {
        using var stream = await EventStreamReader.OpenAsync(small.Hub, "?type=slow-reader");
        using var other = await EventStreamReader.OpenAsync(small.Hub, "?type=slow-reader-end");
        await StoreLargeAsync("slow-reader");
        await StoreLargeAsync("slow-reader-end", count: 1);
        Assert.NotNull(await other.NextAsync()); // by then all of them were passed on

        var read = 0;
        var message = await stream.NextAsync();
        for (; message is { Event: "slow-reader" }; message = await stream.NextAsync())
        {
            read++;
        }

        Assert.Equal("stream.overflow", message?.Event);
        Assert.InRange(read, 0, Large - 1);
    }

    [Fact]
    public async Task A_query_that_takes_too_long_is_no_outage()
    {
        await using var connection = await small.System.Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locked = connection.CreateCommand();
        locked.CommandText = "LOCK TABLE mcp_documents.sessions IN ACCESS EXCLUSIVE MODE";
        await locked.ExecuteNonQueryAsync();

        await Task.WhenAll(TakesTooLongAsync("/v1/sessions?limit=7"), TakesTooLongAsync($"/v1/sessions/{Guid.NewGuid()}"));

        async Task TakesTooLongAsync(string address)
        {
            using var response = await small.Hub.GetAsync(new Uri(address, UriKind.Relative));
            await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.DoesNotContain("cannot be reached", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
    }

    private static IEnumerable<string?> TypesOf(JsonElement agent) => agent.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString());

    // Each with a time of its own, so that their order is that of their arrival.
    private Task StoreLargeAsync(string type, int count = Large) => small.System.Database.RunAsync($"""
        INSERT INTO mcp_documents.events (id, type, timestamp, payload)
        SELECT gen_random_uuid(), '{type}', '2026-01-01'::timestamptz + i * interval '1 s', jsonb_build_object('text', repeat('x', 900000)) FROM generate_series(1, {count}) i
        """);
}
