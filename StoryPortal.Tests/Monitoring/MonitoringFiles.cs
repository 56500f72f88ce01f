using System.Text.Json;
using StoryPortal.Tests.Running;
using YamlDotNet.Serialization;

namespace StoryPortal.Tests.Monitoring;

/// <summary>The files that Prometheus and Grafana read.</summary>
internal static class MonitoringFiles
{
    public static string Folder { get; } = Repository.PathOf("monitoring");

    /// <summary>Every alert rule.</summary>
    public static IReadOnlyList<AlertRule> Alerts { get; } =
    [
        .. new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<RuleFile>(File.ReadAllText(Path.Combine(Folder, "prometheus", "alerts.yml")))
            .Groups.SelectMany(group => group.Rules),
    ];

    /// <summary>The dashboards by the names of their files.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Dashboards { get; } = Directory.GetFiles(Path.Combine(Folder, "grafana", "dashboards"), "*.json")
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), file => JsonDocument.Parse(File.ReadAllText(file)).RootElement);

    /// <summary>Every query of rules and dashboards, with where it is.</summary>
    public static IEnumerable<(string Place, string Query)> Queries =>
    [
        .. Alerts.Select(alert => (alert.Alert, alert.Expr)),
        .. Dashboards.SelectMany(dashboard => dashboard.Value.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray().Select(target =>
                ($"{dashboard.Key}: {panel.GetProperty("title").GetString()}", target.GetProperty("expr").GetString()!)))),
    ];

    private sealed class RuleFile
    {
        [YamlMember(Alias = "groups")]
        public List<RuleGroup> Groups { get; set; } = [];
    }

    private sealed class RuleGroup
    {
        [YamlMember(Alias = "rules")]
        public List<AlertRule> Rules { get; set; } = [];
    }
}

/// <summary>One alert.</summary>
internal sealed class AlertRule
{
    [YamlMember(Alias = "alert")]
    public string Alert { get; set; } = "";

    [YamlMember(Alias = "expr")]
    public string Expr { get; set; } = "";

    [YamlMember(Alias = "labels")]
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>The target that it watches, if it watches one.</summary>
    public string? Target => Labels.GetValueOrDefault("target");
}
