using System.Diagnostics.Metrics;
using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.DataLayer.Caching;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Monitoring;

/// <summary>Dashboards and alerts ask for what the running processes expose, under the names and labels that they expose it by.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class ExposedMetricTests(StoryPortalSystem system)
{
    // Prometheus' own.
    private const string Up = "up";

    // Prometheus adds them, and calls a label of ours "exported_…" where it has one of that name.
    private static readonly string[] Added = ["job", "instance", "service"];

    [Fact]
    public async Task Every_query_asks_for_metrics_and_labels_that_there_are()
    {
        using var used = await system.Gateway.GetAsync(new Uri("/v1/agents", UriKind.Relative));
        used.EnsureSuccessStatusCode();
        using var job = await system.Gateway.PostAsync(new Uri("/v1/admin/jobs/autovacuum-settings/run", UriKind.Relative), content: null);
        Assert.True(job.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.Conflict, $"{job.StatusCode}"); // another test may have asked for it
        List<string> missing = ["no process answered"];
        var rare = RareCounters();
        await Eventually.TrueAsync(async () =>
        {
            var exposed = await ExposedAsync();
            missing = [.. MonitoringFiles.Queries.SelectMany(query => Missing(query.Query, exposed, rare).Select(name => $"{query.Place}: {name}"))];
            return missing.Count == 0;
        }).ContinueWith(_ => { }, TaskScheduler.Default); // what is missing says more than the deadline

        Assert.True(missing.Count == 0, string.Join("\n", missing));
    }

    private static IEnumerable<string> Missing(string query, Dictionary<string, HashSet<string>> exposed, HashSet<string> rare)
    {
        foreach (var metric in PromQl.Metrics(query))
        {
            if (metric != Up && !exposed.ContainsKey(metric) && !rare.Contains(metric))
            {
                yield return metric;
            }
        }

        foreach (var (metric, labels) in PromQl.Selectors(query).Where(selector => exposed.ContainsKey(selector.Metric)))
        {
            foreach (var label in labels.Select(label => label.Name.StartsWith("exported_", StringComparison.Ordinal) ? label.Name["exported_".Length..] : label.Name))
            {
                if (!Added.Contains(label) && !exposed[metric].Contains(label))
                {
                    yield return $"{metric}{{{label}}}";
                }
            }
        }
    }

    // The names of all series with the labels that any of them has.
    private async Task<Dictionary<string, HashSet<string>>> ExposedAsync()
    {
        var exposed = new Dictionary<string, HashSet<string>>();
        foreach (var (resource, endpoint) in ((string, string)[])[("gateway", "internal"), ("service-hub", "http"), ("data-layer", "http")])
        {
            using var client = system.App.CreateHttpClient(resource, endpoint);
            foreach (Match series in Series().Matches(await client.GetStringAsync(new Uri("/metrics", UriKind.Relative))))
            {
                if (!exposed.TryGetValue(series.Groups["name"].Value, out var labels))
                {
                    exposed.Add(series.Groups["name"].Value, labels = []);
                }

                labels.UnionWith(series.Groups["label"].Captures.Select(label => label.Value));
            }
        }

        return exposed;
    }

    // A counter is exposed from the first time that it counts; these count what a healthy system does not see.
    private static HashSet<string> RareCounters()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var names = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument is Counter<long> && instrument.Meter.Scope == meters)
            {
                names.Add(instrument.Name);
            }
        };
        listener.Start();
        _ = new GatewayMetrics(meters, load: null!);
        _ = new CacheMetrics(meters);
        return names;
    }

    [GeneratedRegex("""^(?<name>[A-Za-z_:][\w:]*)(?:\{(?:(?<label>\w+)="(?:\\.|[^"\\])*",?)*\})? """, RegexOptions.Multiline)]
    private static partial Regex Series();
}
