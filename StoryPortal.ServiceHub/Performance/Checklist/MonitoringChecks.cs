using System.Globalization;
using System.Text.Json;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>Whether somebody would notice.</summary>
internal sealed class MonitoringChecks(PostgresDiagnostics database, PerformanceStore store, ListenOptions listen, IConfiguration configuration, IHttpClientFactory clients) : ICheckGroup
{
    private const string GrafanaUrl = "Monitoring:GrafanaUrl";
    private const int SlowestLogged = 1000;

    public string Name => "Monitoring";

    public IEnumerable<Check> Checks =>
    [
        new("prometheus", "The endpoint for Prometheus answers", "Look at the hub's log, and whether `Listen:Http` is open.", PrometheusAsync),
        new("grafana", "Dashboards are provisioned in Grafana", "Mount the dashboards and their provisioning into Grafana.", GrafanaAsync),
        new("load_test", "The last load test kept the targets", "Look at what it missed, and compare with the baseline before.", LoadTestAsync),
        new("resources_watched", "The resources of every process are watched", "Let the processes that are named reach Redis, or take them out of the registry.", ResourcesAsync),
        new("slow_query_log", "Slow queries are logged", "Start Postgres with log_min_duration_statement=100.", SlowQueryLogAsync),
    ];

    private async Task<Finding> PrometheusAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (listen.Http is not { } port)
        {
            return Finding.Unknown("This hub has no port for HTTP/1.1 that it knows of.");
        }

        using var client = clients.CreateClient();
        using var response = await client.GetAsync(new Uri($"http://localhost:{port}/metrics"), cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var told = text.Contains("request_duration_seconds", StringComparison.Ordinal);
        return Finding.Of(response.IsSuccessStatusCode && told, $"/metrics answered {(int)response.StatusCode} with {text.Split('\n').Length} lines, {(told ? "request_duration_seconds among them" : "without request_duration_seconds")}.");
    }

    private async Task<Finding> GrafanaAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (configuration[GrafanaUrl] is not { Length: > 0 } address)
        {
            return Finding.Unknown($"`{GrafanaUrl}` is not set: this hub does not know of a Grafana.");
        }

        using var client = clients.CreateClient();
        using var found = JsonDocument.Parse(await client.GetStringAsync(new Uri(new Uri(address), "api/search?type=dash-db"), cancellationToken));
        var dashboards = found.RootElement.EnumerateArray().Select(dashboard => dashboard.GetProperty("title").GetString()).ToList();
        return Finding.Of(dashboards.Count > 0, dashboards.Count > 0 ? $"Grafana has {string.Join(", ", dashboards)}." : "Grafana answers and has no dashboard.");
    }

    private async Task<Finding> LoadTestAsync(CheckContext context, CancellationToken cancellationToken) =>
        await store.LoadTestsAsync(null, 1, cancellationToken).FirstOrDefaultAsync(cancellationToken) is not { } test
            ? Finding.Unknown("No load test has left its results yet: POST /v1/performance/load-tests.")
            : Finding.Of(test.Missed.Count == 0, string.Create(
                CultureInfo.InvariantCulture,
                $"'{test.Name}' of {test.TakenAt:yyyy-MM-dd}: {test.RequestsPerSecond:0} requests a second, p95 {test.P95Ms:0.0} ms, p99 {test.P99Ms:0.0} ms, {test.FailedRequests} of {test.Requests} failed{(test.Missed.Count == 0 ? "" : $"; missed: {string.Join(", ", test.Missed)}")}."));

    private Task<Finding> ResourcesAsync(CheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Finding.Of(context.Unheard.Count == 0, context.Unheard.Count == 0
            ? $"Heard: {string.Join(", ", context.Snapshots.Processes.Select(process => $"{process.Service} {process.Instance}"))}."
            : $"Not heard: {string.Join(", ", context.Unheard.Select(process => $"{process.Service} {process.Instance}"))}."));

    private async Task<Finding> SlowQueryLogAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var setting = (await database.SettingsAsync(["log_min_duration_statement"], cancellationToken))["log_min_duration_statement"];
        return Finding.Of(int.Parse(setting, CultureInfo.InvariantCulture) is >= 0 and <= SlowestLogged, $"log_min_duration_statement is {setting} ms (-1: off).");
    }
}
