using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Registration;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Performance;

/// <summary>The scorecard of the running system.</summary>
[Collection(SharedSystem.Name)]
public sealed class ScorecardTests(StoryPortalSystem system)
{
    private static readonly Uri Address = new("/v1/performance", UriKind.Relative);
    private static readonly string[] Processes = ["data-layer", "gateway", "service-hub"];

    [Fact]
    public async Task Every_process_is_heard_with_what_it_uses_and_how_long_it_took_to_start()
    {
        var scorecard = await WhenAsync(scorecard => Names(scorecard, "processes").SequenceEqual(Processes)
            && scorecard.GetProperty("processes").EnumerateArray().All(process => process.GetProperty("startup_seconds").ValueKind == JsonValueKind.Number));
        Assert.Equal(300, scorecard.GetProperty("window_seconds").GetInt32());
        Assert.Empty(scorecard.GetProperty("unheard").EnumerateArray());
        Assert.All(scorecard.GetProperty("processes").EnumerateArray(), process =>
        {
            Assert.InRange(process.GetProperty("memory_bytes").GetDouble(), 1e7, 1e11);
            Assert.InRange(process.GetProperty("startup_seconds").GetDouble(), 0.01, 120);
        });
        Assert.Equal(Slos.All.Select(target => target.Id), scorecard.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("startup")]
    [InlineData("memory")]
    [InlineData("cpu")]
    [InlineData("db_connections")]
    [InlineData("redis_memory")]
    public async Task What_the_system_uses_is_told(string id)
    {
        var row = await RowAsync(id, row => row.GetProperty("status").GetString() != "no_data");
        var current = row.GetProperty("current").GetDouble();
        Assert.True(current >= 0, row.ToString());

        // How long a start takes, ./bench.sh measures: beside other tests it may take longer than it should.
        var target = Slos.Get(id);
        var expected = id != "startup" ? "ok" : !target.IsMet(current) ? "missed" : target.IsAtRisk(current) ? "at_risk" : "ok";
        Assert.Equal(expected, row.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Requests_and_their_queries_are_in_it_soon_after_they_were_made()
    {
        using var created = await system.Gateway.PostAsync(new Uri("/v1/agents", UriKind.Relative), Answers.Json("""{"name": "measured", "type": "test"}"""));
        var id = (await created.JsonAsync(HttpStatusCode.Created)).Id();
        string[] rows = ["http_detail_p95", "http_list_p95", "http_write_p95", "http_health_p95", "db_simple_p95", "cache_agent_metadata"];
        var counted = new Dictionary<string, long>();

        // Samples are those of five minutes: where some of earlier tests expire meanwhile, the requests are repeated.
        await Eventually.TrueAsync(
            async () =>
            {
                var before = await PublishedSamplesAsync();
                for (var i = 0; i < 40; i++)
                {
                    using var detail = await system.Gateway.GetAsync(new Uri($"/v1/agents/{id}", UriKind.Relative));
                    using var list = await system.Gateway.GetAsync(new Uri($"/api/v1/agents?limit={i + 1}", UriKind.Relative));
                    using var health = await system.Gateway.GetAsync(new Uri("/health", UriKind.Relative));
                    using var write = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "measured"}"""));
                }

                var after = await PublishedSamplesAsync();
                counted = rows.ToDictionary(row => row, row => after[row] - before[row]);

                // A write counts once, although gateway and hub both have seen it: other tests run one after the other.
                return counted.Values.All(count => count >= 40) && counted["http_write_p95"] <= 45;
            },
            () => string.Join(", ", counted));
    }

    [Fact]
    public async Task After_traffic_every_row_has_its_source()
    {
        using var created = await system.Gateway.PostAsync(new Uri("/v1/agents", UriKind.Relative), Answers.Json("""{"name": "sourced", "type": "test"}"""));
        var agent = (await created.JsonAsync(HttpStatusCode.Created)).Id();
        using var opened = await system.Gateway.PostAsync(new Uri("/v1/sessions", UriKind.Relative), Answers.Json($$"""{"agent_id": "{{agent}}", "type": "test"}"""));
        var session = (await opened.JsonAsync(HttpStatusCode.Created)).Id();
        for (var i = 0; i < Slo.DefaultMinSamples + 5; i++)
        {
            string[] paths = [$"/v1/agents/{agent}", $"/v1/sessions/{session}", $"/v1/services/unknown-{i}", "/v1/events/stats", "/health"];
            foreach (var path in paths)
            {
                using var read = await system.Gateway.GetAsync(new Uri(path, UriKind.Relative));
            }

            using var write = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "sourced"}"""));
        }

        string[] missing = [];
        await Eventually.TrueAsync(
            async () => (missing = [.. (await ReadAsync()).GetProperty("rows").EnumerateArray()
                .Where(row => row.GetProperty("status").GetString() == "no_data").Select(row => row.GetProperty("id").GetString()!)]).Length == 0,
            () => string.Join(", ", missing));
    }

    [Fact]
    public async Task A_process_that_is_registered_and_says_nothing_is_named()
    {
        await RunAsync("INSERT INTO mcp_documents.service_instances (service_name, id, url) VALUES ('data-layer', 'ghost', 'http://ghost.example')");
        try
        {
            var scorecard = await WhenAsync(scorecard => Names(scorecard, "unheard").Contains("data-layer"));
            var unheard = Assert.Single(scorecard.GetProperty("unheard").EnumerateArray());
            Assert.Equal("ghost", unheard.GetProperty("instance").GetString());
            Assert.False(string.IsNullOrEmpty(unheard.GetProperty("reason").GetString()));
        }
        finally
        {
            await RunAsync("DELETE FROM mcp_documents.service_instances WHERE id = 'ghost'");
        }
    }

    [Fact]
    public async Task Without_redis_there_are_the_numbers_of_the_hub_itself_and_the_names_of_all_others()
    {
        await using var redis = await RedisServer.StartAsync();
        var options = ConfigurationOptions.Parse(redis.Address);
        options.FailFast();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        redis.Stop();

        await using var database = await OwnDatabase.WithTablesAsync(system);
        await database.RunAsync("""
            INSERT INTO mcp_documents.services (name) VALUES ('gateway'), ('somebody-else');
            INSERT INTO mcp_documents.service_instances (service_name, id, url) VALUES ('gateway', 'door', 'http://door'), ('somebody-else', 'else', 'http://else')
            """);
        var metrics = new MetricAggregator(TimeProvider.System);
        metrics.Sample(MetricNames.ActiveConnections, 3);
        var health = new HealthState(
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), Options.Create(new HealthCheckServiceOptions()),
            new StartPhase(TimeProvider.System), NullLogger<HealthState>.Instance);
        var self = new ProcessSnapshotReader(metrics, database.Meters, new ServiceName("service-hub"), Options.Create(new RegistrationOptions { InstanceId = "self" }), health, TimeProvider.System);

        var scorecard = await new ScorecardReader(self, connection, new PerformanceStore(database.Queries), TimeProvider.System).ReadAsync(CancellationToken.None);

        Assert.Equal(3, scorecard.Rows.Single(row => row.Id == "db_connections").Current);
        Assert.Equal("self", Assert.Single(scorecard.Processes).Instance);
        Assert.Equal(("gateway", "door"), (Assert.Single(scorecard.Unheard).Service, scorecard.Unheard[0].Instance));
    }

    private async Task RunAsync(string sql)
    {
        await using var command = system.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<string?> Names(JsonElement scorecard, string list) => scorecard.GetProperty(list).EnumerateArray().Select(process => process.GetProperty("service").GetString());

    private async Task<JsonElement> ReadAsync()
    {
        using var response = await system.Gateway.GetAsync(Address);
        return await response.JsonAsync();
    }

    private async Task<JsonElement> WhenAsync(Func<JsonElement, bool> condition)
    {
        JsonElement scorecard = default;
        await Eventually.TrueAsync(async () => condition(scorecard = await ReadAsync()));
        return scorecard;
    }

    private async Task<JsonElement> RowAsync(string id, Func<JsonElement, bool> condition) =>
        (await WhenAsync(scorecard => condition(Row(scorecard, id)))).GetProperty("rows").EnumerateArray().Single(row => row.GetProperty("id").GetString() == id);

    private static JsonElement Row(JsonElement scorecard, string id) => scorecard.GetProperty("rows").EnumerateArray().Single(row => row.GetProperty("id").GetString() == id);

    // With all that every process has measured until now.
    private async Task<Dictionary<string, long>> PublishedSamplesAsync()
    {
        var earlier = DateTimeOffset.UtcNow;
        await Eventually.TrueAsync(async () =>
            (await ReadAsync()).GetProperty("processes").EnumerateArray().All(process => process.GetProperty("taken_at").GetDateTimeOffset() > earlier));
        return await SamplesAsync();
    }

    private async Task<Dictionary<string, long>> SamplesAsync() =>
        (await ReadAsync()).GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("id").GetString()!, row => row.GetProperty("samples").GetInt64());
}
