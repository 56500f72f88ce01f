using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Load;

/// <summary>The metrics of a load test in the form that k6 hands to <c>handleSummary</c>, with the thresholds of the script.</summary>
internal sealed partial class LoadSummary
{
    private readonly Dictionary<string, Dictionary<string, double>> _values = [];
    private readonly Dictionary<string, Dictionary<string, bool>> _thresholds = [];
    private readonly TimeSpan _duration;

    /// <summary>Computes the metrics and compares them with the thresholds.</summary>
    /// <param name="options">The options that the script exports.</param>
    /// <param name="duration">How long the test took.</param>
    /// <param name="samples">Every request.</param>
    /// <param name="checks">The result of every check.</param>
    public LoadSummary(JsonElement options, TimeSpan duration, IReadOnlyCollection<Sample> samples, IReadOnlyCollection<bool> checks)
    {
        _duration = duration;
        _values["http_reqs"] = new() { ["count"] = samples.Count, ["rate"] = samples.Count / duration.TotalSeconds };
        _values["http_req_failed"] = Rate(samples.Select(sample => sample.Failed));
        _values["http_req_duration"] = Trend(samples);
        _values["checks"] = Rate(checks);
        foreach (var threshold in options.GetProperty("thresholds").EnumerateObject())
        {
            if (ClassOf().Match(threshold.Name) is { Success: true } part)
            {
                _values[threshold.Name] = Trend([.. samples.Where(sample => sample.Class == part.Groups["class"].Value)]);
            }

            _thresholds[threshold.Name] = threshold.Value.EnumerateArray().Select(expression => expression.GetString()!)
                .ToDictionary(expression => expression, expression => IsMet(expression, _values[threshold.Name]));
        }
    }

    /// <summary>Whether there were requests, and every threshold is met.</summary>
    public bool Passed => _values["http_reqs"]["count"] > 0 && _thresholds.Values.All(thresholds => thresholds.Values.All(met => met));

    /// <summary>The argument of <c>handleSummary</c>.</summary>
    public string ToJson()
    {
        var metrics = new JsonObject();
        foreach (var (name, values) in _values)
        {
            var metric = new JsonObject { ["values"] = JsonSerializer.SerializeToNode(values) };
            if (_thresholds.TryGetValue(name, out var thresholds))
            {
                metric["thresholds"] = new JsonObject(thresholds.Select(threshold => KeyValuePair.Create(threshold.Key, (JsonNode?)new JsonObject { ["ok"] = threshold.Value })));
            }

            metrics[name] = metric;
        }

        return new JsonObject { ["state"] = new JsonObject { ["testRunDurationMs"] = _duration.TotalMilliseconds }, ["metrics"] = metrics }.ToJsonString();
    }

    private static Dictionary<string, double> Rate(IEnumerable<bool> values)
    {
        var all = values.ToList();
        var passes = all.Count(value => value);
        return new() { ["rate"] = all.Count == 0 ? 0 : (double)passes / all.Count, ["passes"] = passes, ["fails"] = all.Count - passes };
    }

    // No samples, no values: k6 leaves such a threshold unjudged, and the summary says "no samples".
    private static Dictionary<string, double> Trend(IReadOnlyCollection<Sample> samples)
    {
        var times = samples.Select(sample => sample.Milliseconds).ToList();
        return times.Count == 0 ? [] : new()
        {
            ["avg"] = times.Average(),
            ["min"] = times.Min(),
            ["med"] = times.Median(),
            ["p(95)"] = times.Percentile(0.95),
            ["p(99)"] = times.Percentile(0.99),
            ["max"] = times.Max(),
        };
    }

    private static bool IsMet(string expression, Dictionary<string, double> values)
    {
        if (Threshold().Match(expression) is not { Success: true } threshold)
        {
            throw new MeasurementFailedException($"The threshold '{expression}' is none that can be judged without k6.");
        }

        var limit = double.Parse(threshold.Groups["limit"].Value, CultureInfo.InvariantCulture);
        return values.Count == 0 || threshold.Groups["operator"].Value switch
        {
            "<" => values[threshold.Groups["value"].Value] < limit,
            "<=" => values[threshold.Groups["value"].Value] <= limit,
            ">" => values[threshold.Groups["value"].Value] > limit,
            _ => values[threshold.Groups["value"].Value] >= limit,
        };
    }

    [GeneratedRegex(@"^http_req_duration\{class:(?<class>\w+)\}$", RegexOptions.ExplicitCapture)]
    private static partial Regex ClassOf();

    [GeneratedRegex(@"^(?<value>p\((95|99)\)|avg|min|med|max|rate|count) ?(?<operator>[<>]=?) ?(?<limit>[0-9.]+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Threshold();
}
