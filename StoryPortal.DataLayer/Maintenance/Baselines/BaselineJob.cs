using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Performance;

namespace StoryPortal.DataLayer.Maintenance.Baselines;

/// <summary>Keeps the scorecard of the week, so that a regression shows.</summary>
internal sealed class BaselineJob(ScorecardReader scorecards, PerformanceStore store, IOptions<BaselineOptions> options, TimeProvider time) : IMaintenanceJob
{
    public const string JobName = "performance-baseline";

    public string Name => JobName;

    public string Schedule => options.Value.Schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        var now = Timestamp.Now(time);
        var scorecard = await scorecards.ReadAsync(cancellationToken);
        var baseline = Baseline.Of(scorecard, $"week of {now:yyyy-MM-dd}", now);
        await store.AddBaselineAsync(baseline, cancellationToken);

        var missed = scorecard.Rows.Where(row => row.Status == RowStatus.Missed).Select(row => row.Id).ToList();
        return new JobResult(
            $"Kept as '{baseline.Label}'; {(missed.Count == 0 ? "no target is missed" : $"missed: {string.Join(", ", missed)}")}",
            new JsonObject { ["baseline_id"] = baseline.Id.ToString(), ["processes"] = scorecard.Processes.Count, ["unheard"] = scorecard.Unheard.Count });
    }
}
