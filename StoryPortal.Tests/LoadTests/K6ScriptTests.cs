using System.Globalization;
using System.Net;
using StoryPortal.Bench.Load;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.LoadTests;

/// <summary>The k6 scripts: the same load as that of <c>./bench.sh load</c>, against the same targets, on the real system.</summary>
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

    [Fact]
    public void Every_script_has_its_twin_without_k6() =>
        Assert.Equal(LoadScript.All.Select(script => script.Name).Order(StringComparer.Ordinal), K6Engine.Names);

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Stages_are_those_of_the_twin(string name)
    {
        using var script = new K6Engine(name, []);
        var stages = script.Exported("options").GetProperty("stages").EnumerateArray()
            .Select(stage => new LoadStage(double.Parse(stage.GetProperty("duration").GetString()!.TrimEnd('s'), CultureInfo.InvariantCulture), stage.GetProperty("target").GetInt32()));
        Assert.Equal(LoadScript.All.Single(twin => twin.Name == name).Stages, stages);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_tenth_of_the_scale_takes_a_tenth_of_the_time(string name)
    {
        using var script = new K6Engine(name, new() { ["SCALE"] = "0.1", ["USERS"] = "0.5" });
        var twin = LoadScript.All.Single(twin => twin.Name == name);
        var stages = script.Exported("options").GetProperty("stages");
        Assert.Equal(
            twin.Stages.Select(stage => $"{Math.Max(1, Math.Round(stage.Seconds * 0.1, MidpointRounding.AwayFromZero))}s {Math.Ceiling(stage.Users * 0.5)}"),
            stages.EnumerateArray().Select(stage => $"{stage.GetProperty("duration").GetString()} {stage.GetProperty("target")}"));
    }

    [Theory]
    [InlineData("SCALE", "0")]
    [InlineData("USERS", "many")]
    public void A_scale_that_is_none_is_refused(string variable, string value)
    {
        var error = Assert.ThrowsAny<Exception>(() => new K6Engine("smoke", new() { [variable] = value }).Dispose());
        Assert.Contains(variable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thresholds_are_the_targets_of_the_scorecard()
    {
        using var targets = new K6Engine("shared/targets", []);
        Assert.All(targets.Exported("targets").EnumerateObject(), target => Assert.Equal(Targets.Of(target.Name).Value, target.Value.GetDouble()));

        using var mixed = new K6Engine("mixed", []);
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
        var script = new LoadScript("any", (_, _) => Task.CompletedTask, new(10, 100), new(10, 100), new(10, 0));
        Assert.Equal([0, 50, 100, 100, 50, 0], ((int[])[0, 5, 10, 15, 25, 30]).Select(second => script.UsersAt(TimeSpan.FromSeconds(second))));
        Assert.Equal(TimeSpan.FromSeconds(3), script.Scaled(0.1).Duration);
    }

    [Fact]
    public void A_load_test_passes_only_with_every_target_kept()
    {
        List<Sample> samples = [.. Enumerable.Range(1, 100).Select(i => new Sample(RequestClass.List, i, Failed: false, Passed: true))];
        Assert.True(new LoadOutcome("any", TimeSpan.FromSeconds(1), samples).Passed);
        Assert.Equal(95, new LoadOutcome("any", TimeSpan.FromSeconds(1), samples).ToLoadTest().P95Ms);

        Assert.False(new LoadOutcome("any", TimeSpan.FromSeconds(1), [.. samples, new(RequestClass.List, 1, Failed: true, Passed: true), new(RequestClass.List, 1, Failed: true, Passed: true)]).Passed);
        Assert.False(new LoadOutcome("any", TimeSpan.FromSeconds(1), [.. samples.Select(sample => sample with { Milliseconds = sample.Milliseconds + 150 })]).Passed);
        Assert.False(new LoadOutcome("any", TimeSpan.FromSeconds(1), []).Passed);
    }
}
