using System.Text.Json.Serialization;

namespace StoryPortal.Bench.Reporting;

/// <summary>The results of a run: the file that bench.sh writes.</summary>
/// <param name="TakenAt">When the run ended.</param>
/// <param name="Quick">Whether it was <c>--quick</c>.</param>
/// <param name="Processors">The processors of the machine.</param>
/// <param name="Results">A result for each benchmark.</param>
internal sealed record BenchmarkReport(DateTimeOffset TakenAt, bool Quick, int Processors, IReadOnlyList<BenchmarkResult> Results)
{
    /// <summary>1 when an aim is missed or a measurement failed, else 0.</summary>
    [JsonIgnore]
    public int ExitCode => Results.Any(result => result.Met == false || result.Failure is not null) ? 1 : 0;
}

[JsonSerializable(typeof(BenchmarkReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
internal sealed partial class ReportJson : JsonSerializerContext;
