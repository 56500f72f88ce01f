using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Monitoring;

/// <summary>The alert rules keep to the table of targets, and each says what to do.</summary>
public sealed partial class AlertTests
{
    [Fact]
    public void Every_target_has_an_alert_and_every_alert_that_names_one_names_a_real_one()
    {
        var watched = MonitoringFiles.Alerts.Select(alert => alert.Target).OfType<string>().Order();

        Assert.Equal(Slos.All.Select(target => target.Id).Order(), watched);
    }

    [Fact]
    public void Each_alert_fires_at_the_value_of_its_target_and_on_its_wrong_side()
    {
        foreach (var alert in MonitoringFiles.Alerts.Where(alert => alert.Target is not null))
        {
            var target = Slos.Get(alert.Target!);
            var condition = Condition().Match(alert.Expr);
            var threshold = double.Parse(condition.Groups["value"].Value, CultureInfo.InvariantCulture);
            Assert.Equal((alert.Alert, target.Direction == Direction.Below ? ">=" : "<="), (alert.Alert, condition.Groups["operator"].Value));
            Assert.Equal((alert.Alert, target.Unit == "ms" ? target.Value / 1000 : target.Value), (alert.Alert, threshold));
        }
    }

    [Fact]
    public void Each_alert_is_quiet_below_as_many_samples_as_the_scorecard()
    {
        foreach (var alert in MonitoringFiles.Alerts.Where(alert => alert.Target is not null && Slos.Get(alert.Target).MinSamples > 1))
        {
            Assert.EndsWith($">= {Slos.Get(alert.Target!).MinSamples}", alert.Expr.TrimEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_alert_reads_the_quantile_and_the_gauges_of_its_target()
    {
        foreach (var alert in MonitoringFiles.Alerts.Where(alert => alert.Target is not null))
        {
            var target = Slos.Get(alert.Target!);
            if (target.Measure is Measure.P95 or Measure.P99)
            {
                Assert.Contains($"histogram_quantile({(target.Measure == Measure.P95 ? "0.95" : "0.99")},", alert.Expr, StringComparison.Ordinal);
            }
            else if (target.Measure != Measure.Percent)
            {
                Assert.Equal(target.Sources.Select(GetPrometheusName).Order(), PromQl.Metrics(alert.Expr).Order());
            }
        }
    }

    [Theory]
    [InlineData("GET", "/v1/agents")]
    [InlineData("HEAD", "/v1/agents/{id}")]
    [InlineData("GET", "/v1/agents/{id}")]
    [InlineData("GET", "/v1/services/{name}/instances/{id}")]
    [InlineData("GET", "/v1/performance")]
    [InlineData("GET", "/v1/performance/report")]
    [InlineData("GET", "/v1/events/stats")]
    [InlineData("GET", "/v1/events/stream")]
    [InlineData("GET", "/v1/services/watch")]
    [InlineData("POST", "/v1/events")]
    [InlineData("PATCH", "/v1/agents/{id}")]
    [InlineData("POST", "/v1/batch")]
    [InlineData("GET", "/v1/{**rest}")]
    [InlineData("POST", "/v1/{**rest}")]
    [InlineData("GET", "/health")]
    [InlineData("GET", "/health/ready")]
    [InlineData("GET", "/alive")]
    [InlineData("GET", "/docs")]
    [InlineData("POST", "/internal/api-requests")]
    [InlineData("GET", "unmatched")]
    public void The_latency_alerts_choose_the_routes_of_their_class(string method, string route)
    {
        var expected = RequestClasses.Of(method, route);
        (string Target, bool IsChosen)[] alerts =
        [
            ("http_health_p95", expected == RequestClass.Health),
            ("http_list_p95", expected == RequestClass.List),
            ("http_detail_p95", expected == RequestClass.Detail),
            ("http_write_p95", expected == RequestClass.Write),
            ("http_api_p95", expected is RequestClass.List or RequestClass.Detail or RequestClass.Write),
            ("http_api_p99", expected is RequestClass.List or RequestClass.Detail or RequestClass.Write),
        ];
        foreach (var (target, isChosen) in alerts)
        {
            var labels = PromQl.Selectors(MonitoringFiles.Alerts.Single(alert => alert.Target == target).Expr).First().Labels;
            var matches = labels.All(label => label.Name switch
            {
                "method" => label.Matches(method),
                "endpoint" => label.Matches(route),
                _ => true,
            });
            Assert.Equal((target, isChosen), (target, matches));
        }
    }

    [Fact]
    public async Task Operations_says_what_to_do_on_each_alert()
    {
        var operations = await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md"));
        var described = Row().Matches(operations[operations.IndexOf("## Alerts", StringComparison.Ordinal)..]).Select(match => match.Groups["alert"].Value);

        Assert.Equal(MonitoringFiles.Alerts.Select(alert => alert.Alert).Order(), described.Order());
    }

    [Fact]
    public async Task Prometheus_accepts_the_rules()
    {
        var (exitCode, output) = await PromtoolAsync("check", "rules", Path.Combine(MonitoringFiles.Folder, "prometheus", "alerts.yml"));

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Alerts_fire_when_they_should_and_not_before()
    {
        using var folder = new TemporaryFolder();
        var tests = (await File.ReadAllTextAsync(Repository.PathOf("StoryPortal.Tests", "Monitoring", "alerts.test.yml")))
            .Replace("- ALERTS", $"- {Path.Combine(MonitoringFiles.Folder, "prometheus", "alerts.yml")}", StringComparison.Ordinal);
        var file = Path.Combine(Directory.CreateDirectory(folder.FullPath).FullName, "alerts.test.yml");
        await File.WriteAllTextAsync(file, tests);
        var (exitCode, output) = await PromtoolAsync("test", "rules", file);

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Prometheus_understands_every_query_of_the_dashboards()
    {
        using var folder = new TemporaryFolder();
        var rules = MonitoringFiles.Queries.Select((query, number) =>
            $"  - {{ record: query{number}, expr: '{query.Query.Replace("$__rate_interval", "5m", StringComparison.Ordinal).ReplaceLineEndings(" ")}' }}");
        var file = Path.Combine(Directory.CreateDirectory(folder.FullPath).FullName, "queries.yml");
        await File.WriteAllTextAsync(file, $"groups:\n- name: dashboards\n  rules:\n{string.Join('\n', rules)}\n");
        var (exitCode, output) = await PromtoolAsync("check", "rules", file);

        Assert.True(exitCode == 0, output);
        Assert.Equal(["cache", "database", "gateway", "overview", "runtime"], MonitoringFiles.Dashboards.Keys.Order());
    }

    [Fact]
    public async Task Prometheus_accepts_the_configuration()
    {
        var (exitCode, output) = await PromtoolAsync("check", "config", "--syntax-only", Path.Combine(MonitoringFiles.Folder, "prometheus", "prometheus.yml"));

        Assert.True(exitCode == 0, output);
    }

    // The exporter writes dots as underscores, and appends unit and kind to names without them.
    private static string GetPrometheusName(string instrument) => instrument switch
    {
        MetricNames.Memory => "dotnet_process_memory_working_set_bytes",
        MetricNames.Cpu => "dotnet_process_cpu_time_seconds_total",
        _ => instrument,
    };

    private static async Task<(int ExitCode, string Output)> PromtoolAsync(params string[] arguments)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, await output + await error);
    }

    [GeneratedRegex(@"(?<operator>>=|<=) (?<value>[\d.]+)")]
    private static partial Regex Condition();

    [GeneratedRegex(@"^\| `(?<alert>[A-Za-z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
