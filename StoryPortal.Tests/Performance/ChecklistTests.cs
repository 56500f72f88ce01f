using System.Text.Json;
using Aspire.Hosting.Testing;
using Npgsql;
using StackExchange.Redis;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceHub.Performance.Checklist;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Performance;

/// <summary>The checklist looks at the running system: it passes what is so, fails what is not, and says where nobody can tell.</summary>
[Collection(SharedSystem.Name)]
public sealed class ChecklistTests(StoryPortalSystem system)
{
    private static readonly string[] Ids =
    [
        "indexes", "connections_bounded", "plans", "autovacuum", "no_n_plus_one", "ttl", "maxmemory", "pipelining", "hit_rates", "warming",
        "compression", "async", "connections_pooled", "response_caching", "batching", "image", "build_cache", "resource_limits", "http2", "keep_alive",
        "prometheus", "grafana", "load_test", "resources_watched", "slow_query_log",
    ];

    [Fact]
    public async Task Every_item_is_there_with_evidence_and_a_remedy_where_it_failed()
    {
        var checklist = await ReadAsync();
        var items = checklist.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(Ids, items.Select(item => item.GetProperty("id").GetString()));
        Assert.All(items, item =>
        {
            Assert.False(string.IsNullOrWhiteSpace(item.GetProperty("evidence").GetString()), item.ToString());
            Assert.Equal(item.GetProperty("status").GetString() == "failed", item.GetProperty("remedy").ValueKind == JsonValueKind.String);
        });
        Assert.Equal(items.Count, checklist.GetProperty("passed").GetInt32() + checklist.GetProperty("failed").GetInt32() + checklist.GetProperty("cannot_check").GetInt32());
    }

    [Theory]
    [InlineData("indexes")]
    [InlineData("connections_bounded")]
    [InlineData("plans")]
    [InlineData("autovacuum")]
    [InlineData("no_n_plus_one")]
    [InlineData("ttl")]
    [InlineData("maxmemory")]
    [InlineData("pipelining")]
    [InlineData("warming")]
    [InlineData("compression")]
    [InlineData("async")]
    [InlineData("connections_pooled")]
    [InlineData("response_caching")]
    [InlineData("http2")]
    [InlineData("keep_alive")]
    [InlineData("prometheus")]
    [InlineData("resources_watched")]
    [InlineData("slow_query_log")]
    public async Task The_system_as_it_is_started_passes(string id)
    {
        await UseAsync();
        JsonElement item = default;
        await Eventually.TrueAsync(async () => Status(item = await ItemAsync(id)) == "passed", () => item.ToString());
        Assert.Equal(JsonValueKind.Null, item.GetProperty("remedy").ValueKind);
    }

    [Fact]
    public async Task After_traffic_every_item_that_this_machine_can_check_has_its_source()
    {
        string[] unavailable = ["image", "build_cache", "resource_limits", "grafana", "load_test"]; // need an image, a limit, Grafana, a load test
        await UseAsync();
        string[] missing = [];
        await Eventually.TrueAsync(
            async () => (missing = [.. (await ReadAsync()).GetProperty("items").EnumerateArray()
                .Where(item => Status(item) == "cannot_check").Select(item => item.GetProperty("id").GetString()!).Except(unavailable)]).Length == 0,
            () => string.Join(", ", missing));

        // Without the number of queries every route would pass with none.
        await Eventually.TrueAsync(async () => !Evidence(await ItemAsync("no_n_plus_one")).Contains(": 0.0 queries", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("build_cache")]
    [InlineData("grafana")]
    [InlineData("image")]
    public async Task What_cannot_be_told_here_says_why_and_does_not_pass(string id)
    {
        var item = await ItemAsync(id);
        Assert.Equal("cannot_check", Status(item));
        Assert.NotEmpty(item.GetProperty("evidence").GetString()!);
    }

    [Theory]
    [InlineData("mounted 214\n", CheckStatus.Passed, "214")]
    [InlineData("absent\n", CheckStatus.Failed, "no cache was mounted")]
    [InlineData("", CheckStatus.CannotCheck, "cannot be read")]
    public void What_the_build_of_the_image_noted_of_its_cache_decides(string note, CheckStatus expected, string evidence)
    {
        var finding = InfrastructureChecks.BuildCache(note);
        Assert.Equal(expected, finding.Status);
        Assert.Contains(evidence, finding.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("on", "0.1", "0.05", "3", CheckStatus.Passed)]
    [InlineData("on", "0.02", "0.01", "3", CheckStatus.Passed)]
    [InlineData("off", "0.1", "0.05", "3", CheckStatus.Failed)]
    [InlineData("on", "0.2", "0.05", "3", CheckStatus.Failed)]
    [InlineData("on", "0.1", "0.1", "3", CheckStatus.Failed)]
    [InlineData("on", "0.1", "0.05", "1", CheckStatus.Failed)]
    [InlineData("on", "0.1", "0.05", "5", CheckStatus.Failed)]
    public void Autovacuum_passes_with_the_settings_of_the_guide(string enabled, string vacuum, string analyze, string workers, CheckStatus expected)
    {
        var finding = DatabaseChecks.Autovacuum(new Dictionary<string, string>
        {
            ["autovacuum"] = enabled,
            ["autovacuum_vacuum_scale_factor"] = vacuum,
            ["autovacuum_analyze_scale_factor"] = analyze,
            ["autovacuum_max_workers"] = workers,
        });
        Assert.Equal(expected, finding.Status);
        Assert.Contains($"autovacuum_max_workers={workers}", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_without_end_fails()
    {
        var connection = await system.App.GetConnectionStringAsync(RedisExtensions.ConnectionName);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection!);
        await redis.GetDatabase().StringSetAsync("sp_v2:endless", "1");
        try
        {
            var item = await ItemAsync("ttl");
            Assert.Equal("failed", Status(item));
            Assert.Contains("sp_v2:endless", item.GetProperty("evidence").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            await redis.GetDatabase().KeyDeleteAsync("sp_v2:endless");
        }
    }

    [Fact]
    public async Task A_missing_index_fails()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system); // without any index
        var finding = await LookAsync(database, "indexes", new CheckContext(new MetricSnapshots([]), []));
        Assert.Equal(CheckStatus.Failed, finding.Status);
        Assert.Contains("idx_events_type_timestamp is missing", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_that_reads_a_large_table_from_end_to_end_fails()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        await database.RunAsync("""
            INSERT INTO mcp_documents.load_tests (id, name, tool, taken_at, duration_seconds, requests, failed_requests, requests_per_second, p95_ms, p99_ms)
            SELECT gen_random_uuid(), '', '', now(), 0, 0, 0, 0, 0, 0 FROM generate_series(1, 20000);
            ANALYZE mcp_documents.load_tests
            """);
        await new PerformanceStore(database.Queries).LoadTestsAsync(null, 1, CancellationToken.None).CountAsync();

        var finding = await LookAsync(database, "plans", new CheckContext(new MetricSnapshots([]), []));
        Assert.Equal(CheckStatus.Failed, finding.Status);
        Assert.Contains("performance.load_tests reads all of load_tests", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_is_slow_to_store_needs_no_plan()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        await using (var connection = new NpgsqlConnection(database.Direct.String)) // its temporary table goes with it
        await using (var merge = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("CREATE TEMP TABLE staging (id uuid)"),
                new("INSERT INTO staging SELECT gen_random_uuid()"),
                new("""
                    WITH stored AS (
                        INSERT INTO mcp_documents.load_tests (id, name, tool, taken_at, duration_seconds, requests, failed_requests, requests_per_second, p95_ms, p99_ms)
                        SELECT id, '', '', now(), 0, 0, 0, 0, 0, 0 FROM staging WHERE pg_sleep(0.2) IS NOT NULL
                        RETURNING 1)
                    SELECT count(*) FROM stored
                    """),
            },
        })
        {
            await connection.OpenAsync();
            await merge.ExecuteNonQueryAsync();
        }

        await new PerformanceStore(database.Queries).LoadTestsAsync(null, 1, CancellationToken.None).CountAsync();

        var finding = await LookAsync(database, "plans", new CheckContext(new MetricSnapshots([]), []));
        Assert.Equal(CheckStatus.Passed, finding.Status);
        Assert.Contains("1 statements take 100 ms and more", finding.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 30, CheckStatus.Passed)]
    [InlineData(10, 80, CheckStatus.Failed)]
    public async Task A_route_whose_requests_make_many_queries_fails(int requests, int queries, CheckStatus expected)
    {
        await using var database = await OwnDatabase.CreateAsync(system);
        var context = new CheckContext(new MetricSnapshots([RowTests.Snapshot(metrics =>
        {
            metrics.Add(MetricNames.RequestsOf + "/v1/agents", requests);
            metrics.Add(MetricNames.QueriesOf + "/v1/agents", queries);
        })]), []);
        var finding = await LookAsync(database, "no_n_plus_one", context);
        Assert.Equal(expected, finding.Status);
        Assert.Contains("/v1/agents", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_may_make_as_many_as_it_stays_open_for()
    {
        await using var database = await OwnDatabase.CreateAsync(system);
        var context = new CheckContext(new MetricSnapshots([RowTests.Snapshot(metrics =>
        {
            metrics.Add(MetricNames.RequestsOf + "/v1/events/stream", 1);
            metrics.Add(MetricNames.QueriesOf + "/v1/events/stream", 100);
            metrics.Add(MetricNames.RequestsOf + "/v1/agents", 1);
        })]), []);
        Assert.Equal(CheckStatus.Passed, (await LookAsync(database, "no_n_plus_one", context)).Status);
    }

    private static Task<Finding> LookAsync(OwnDatabase database, string id, CheckContext context)
    {
        var checks = new DatabaseChecks(new PostgresDiagnostics(database.Queries), new QueryPlans(database.Queries)).Checks;
        return checks.Single(check => check.Id == id).LookAsync(context, CancellationToken.None);
    }

    // What a day of use brings about: lists and details, more than a kilobyte compressed, HTTP/2, the same services again.
    private async Task UseAsync()
    {
        using var documents = new HttpClient { BaseAddress = system.Anonymous.BaseAddress };
        documents.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Encoding", "br");
        using var document = await documents.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        for (var i = 0; i < 40; i++)
        {
            using var secure = await system.Secure.GetAsync(new Uri("/v1/services", UriKind.Relative));
            using var list = await system.Gateway.GetAsync(new Uri($"/v1/events?limit={i + 1}", UriKind.Relative));
            foreach (var resource in (string[])["agents", "sessions"]) // each tier has a hit rate
            {
                using var none = await system.Gateway.GetAsync(new Uri($"/v1/{resource}/{Guid.Empty}", UriKind.Relative));
            }

            using var service = await system.Gateway.GetAsync(new Uri("/v1/services/service-hub", UriKind.Relative));
        }
    }

    private static string Evidence(JsonElement item) => item.GetProperty("evidence").GetString()!;

    private static string Status(JsonElement item) => item.GetProperty("status").GetString()!;

    private async Task<JsonElement> ItemAsync(string id) =>
        (await ReadAsync()).GetProperty("items").EnumerateArray().Single(item => item.GetProperty("id").GetString() == id);

    private async Task<JsonElement> ReadAsync()
    {
        using var response = await system.Gateway.GetAsync(new Uri("/v1/performance/checklist", UriKind.Relative));
        return await response.JsonAsync();
    }
}
