using System.Globalization;
using System.Net;
using System.Text.Json;
using StoryPortal.Bench.Load;
using StoryPortal.Bench.Soak;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.LoadTests;

/// <summary>The k6 scripts: their stages and thresholds, and their iterations on the real system.</summary>
[Collection(SharedSystem.Name)]
public sealed class K6ScriptTests(StoryPortalSystem system)
{
    public static TheoryData<string> Scripts => [.. K6Engine.Names];

    private Dictionary<string, string> Variables => new()
    {
        ["GATEWAY_URL"] = system.Gateway.BaseAddress!.ToString(),
        ["SERVICE_HUB_URL"] = system.Hub.BaseAddress!.ToString(),
        ["ADMIN_KEY"] = StoryPortalSystem.AdminKey,
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_tenth_of_the_scale_takes_a_tenth_of_the_time(string name)
    {
        using var whole = new K6Engine(name, new Dictionary<string, string>());
        using var scaled = new K6Engine(name, new Dictionary<string, string> { ["SCALE"] = "0.1", ["USERS"] = "0.5" });
        Assert.Equal(
            StagesOf(whole).Select(stage => (Math.Max(1, Math.Round(stage.Seconds * 0.1, MidpointRounding.AwayFromZero)), (int)Math.Ceiling(stage.Users * 0.5))),
            StagesOf(scaled));

        static IEnumerable<(double Seconds, int Users)> StagesOf(K6Engine script) => script.Exported("options").GetProperty("stages").EnumerateArray()
            .Select(stage => (double.Parse(stage.GetProperty("duration").GetString()!.TrimEnd('s'), CultureInfo.InvariantCulture), stage.GetProperty("target").GetInt32()));
    }

    [Fact]
    public void The_load_test_takes_eleven_minutes_and_reaches_200_users()
    {
        using var script = new K6Engine("load-test", new Dictionary<string, string>());
        var stages = new LoadStages(script.Exported("options").GetProperty("stages"));
        Assert.Equal((TimeSpan.FromMinutes(11), 200), (stages.Duration, stages.MaxUsers));
    }

    [Theory]
    [InlineData("SCALE", "0")]
    [InlineData("USERS", "many")]
    public void A_scale_that_is_none_is_refused(string variable, string value)
    {
        var error = Assert.ThrowsAny<Exception>(() => new K6Engine("smoke", new Dictionary<string, string> { [variable] = value }).Dispose());
        Assert.Contains(variable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thresholds_are_the_targets_of_the_scorecard()
    {
        using var targets = new K6Engine("shared/targets", new Dictionary<string, string>());
        Assert.All(targets.Exported("targets").EnumerateObject(), target => Assert.Equal(Slos.Get(target.Name).Value, target.Value.GetDouble()));

        using var mixed = new K6Engine("mixed", new Dictionary<string, string>());
        var thresholds = mixed.Exported("options").GetProperty("thresholds");
        Assert.Equal("p(95)<200", thresholds.GetProperty("http_req_duration{class:list}")[0].GetString());
        Assert.Equal("rate<0.01", thresholds.GetProperty("http_req_failed")[0].GetString());
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_turn_finds_what_it_expects(string name)
    {
        using var client = new HttpClient();
        using var script = new K6Engine(name, Variables, client);
        var made = script.Has("setup") ? script.Call("setup") : script.Value("null");
        script.Call("default", made);
        if (script.Has("teardown"))
        {
            script.Call("teardown", made);
        }

        Assert.NotEmpty(script.Checks);
        Assert.All(script.Checks, check => Assert.True(check.Passed, check.Name));
    }

    [Fact]
    public async Task The_result_is_told_and_kept()
    {
        using var client = new HttpClient();
        using var script = new K6Engine("load-test", Variables, client);
        var said = script.JsonOf(script.Call("handleSummary", script.Value("""
            {
              state: { testRunDurationMs: 660000 },
              metrics: {
                http_reqs: { values: { count: 120000, rate: 181.8 } },
                http_req_failed: { values: { rate: 0.02, passes: 2400 }, thresholds: { 'rate<0.01': { ok: false } } },
                http_req_duration: { values: { 'p(95)': 41.25, 'p(99)': 93.5 }, thresholds: { 'p(95)<500': { ok: true } } },
              },
            }
            """))).GetProperty("stdout").GetString()!;
        Assert.Contains("MISSED  http_req_failed rate<0.01  (0.02)", said, StringComparison.Ordinal);
        Assert.Contains("met     http_req_duration p(95)<500  (41.25)", said, StringComparison.Ordinal);
        Assert.DoesNotContain("not kept", said, StringComparison.Ordinal);

        using var response = await system.Gateway.GetAsync(new Uri("/v1/performance/load-tests?limit=10", UriKind.Relative));
        var kept = (await response.JsonAsync(HttpStatusCode.OK)).EnumerateArray().First(test => test.GetProperty("tool").GetString() == "k6");
        Assert.Equal((120_000, 2400, 41.25), (kept.GetProperty("requests").GetInt32(), kept.GetProperty("failed_requests").GetInt32(), kept.GetProperty("p95_ms").GetDouble()));
        Assert.Equal(["http_failed"], kept.GetProperty("missed").EnumerateArray().Select(missed => missed.GetString()));
    }

    [Fact]
    public void Users_come_and_go_steadily()
    {
        var stages = new LoadStages(JsonDocument.Parse("""[{"duration": "10s", "target": 100}, {"duration": "10s", "target": 100}, {"duration": "10s", "target": 0}]""").RootElement);
        Assert.Equal([0, 50, 100, 100, 50, 0], ((int[])[0, 5, 10, 15, 25, 30]).Select(second => stages.UsersAt(TimeSpan.FromSeconds(second))));
    }

    [Fact]
    public async Task Without_k6_the_script_runs_in_this_process_and_its_result_is_kept()
    {
        using var output = new StringWriter();
        var variables = new Dictionary<string, string>(Variables) { ["SCALE"] = "0.1", ["LOAD_TOOL"] = "bench.sh load" };
        await LoadRun.RunAsync("smoke", variables, output, CancellationToken.None); // whether it is fast enough is not for a busy machine to say

        Assert.Contains("http_req_duration{class:write} p(95)<500", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("met     http_req_failed rate<0.01  (0)", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("met     checks rate>0.99  (1)", output.ToString(), StringComparison.Ordinal);
        using var response = await system.Gateway.GetAsync(new Uri("/v1/performance/load-tests?limit=10", UriKind.Relative));
        var kept = (await response.JsonAsync(HttpStatusCode.OK)).EnumerateArray().First(test => test.GetProperty("tool").GetString() == "bench.sh load");
        Assert.True(kept.GetProperty("requests").GetInt32() >= 50, kept.ToString()); // agents made, two users, agents removed
    }

    [Fact]
    public void An_iteration_of_the_soak_has_as_many_requests_as_its_rate_is_computed_with()
    {
        using var client = new HttpClient();
        using var script = new K6Engine("soak", Variables, client);
        var data = script.Call("setup");
        script.TakeSamples();
        script.Iterate(data);
        Assert.Equal(SoakLoad.RequestsOfIteration, script.TakeSamples().Count);
        script.Call("teardown", data);
    }

    [Fact]
    public void A_load_test_passes_only_with_every_threshold_met()
    {
        using var script = new K6Engine("mixed", new Dictionary<string, string>());
        var options = script.Exported("options");
        List<Sample> samples = [.. Enumerable.Range(1, 100).Select(i => new Sample("list", i, Failed: false))];
        Assert.True(Passes(samples));
        Assert.False(Passes([.. samples, new("list", 1, Failed: true), new("list", 1, Failed: true)]));
        Assert.False(Passes([.. samples.Select(sample => sample with { Milliseconds = sample.Milliseconds + 150 })]));
        Assert.False(Passes(samples, check: false));
        Assert.False(Passes([]));

        bool Passes(IReadOnlyCollection<Sample> requests, bool check = true) => new LoadSummary(options, TimeSpan.FromSeconds(1), requests, [check]).Passed;
    }
}
