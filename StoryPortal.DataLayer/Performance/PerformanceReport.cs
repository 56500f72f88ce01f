using System.Globalization;
using System.Text;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Text;

namespace StoryPortal.DataLayer.Performance;

/// <summary>What to make faster, in Markdown: what is slow, what is not used, what grows.</summary>
public sealed class PerformanceReport(ScorecardReader scorecards, PostgresDiagnostics database, QueryPlans plans, PerformanceStore store, TimeProvider time)
{
    private const int Most = 10;
    private const int LongestText = 200;

    /// <summary>Writes the report of now.</summary>
    public async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        var scorecard = await scorecards.ReadAsync(cancellationToken);
        var baselines = await store.BaselinesAsync(null, 5, cancellationToken).ToListAsync(cancellationToken);
        var text = new StringBuilder();
        Line($"# Performance report of {time.GetUtcNow():yyyy-MM-dd HH:mm} UTC");
        WriteScorecard(scorecard);
        WriteTrend(scorecard, baselines);
        await WriteSlowQueriesAsync();
        await WritePlansAsync();
        await WriteUnusedIndexesAsync();
        WriteHitRates(scorecard);
        return text.ToString();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

        void WriteScorecard(Scorecard scorecard)
        {
            var missed = scorecard.Rows.Where(row => row.Status is RowStatus.Missed or RowStatus.AtRisk).ToList();
            Line($"\n## Targets\n");
            Line($"{scorecard.Rows.Count(row => row.Status == RowStatus.Ok)} of {scorecard.Rows.Count} are kept, {missed.Count} are missed or at risk.");
            foreach (var row in missed)
            {
                Line($"- **{row.What}**: {row.Current} {row.Unit}, {row.Direction} {row.Target} is wanted.");
            }

            foreach (var process in scorecard.Unheard)
            {
                Line($"- {process.Service} {process.Instance} was not heard: {process.Reason}");
            }
        }

        void WriteTrend(Scorecard scorecard, List<Baseline> baselines)
        {
            Line($"\n## Since the last baselines\n");
            if (baselines.Count == 0)
            {
                Line($"There is no baseline yet.");
                return;
            }

            var oldest = baselines[^1];
            Line($"Compared with '{oldest.Label}' of {oldest.TakenAt:yyyy-MM-dd}:\n");
            foreach (var change in oldest.Compare(scorecard).Rows.Where(change => change.Trend is Trend.Better or Trend.Worse))
            {
                Line($"- {change.Id} is {(change.Trend == Trend.Better ? "better" : "worse")}: {change.Before} → {change.After} {change.Unit}{(change.ChangePercent is { } percent ? $" ({percent:+0.0;-0.0} %)" : "")}");
            }
        }

        async Task WriteSlowQueriesAsync()
        {
            Line($"\n## Slowest statements\n");
            if (await database.SlowQueriesAsync(0, Most, cancellationToken) is not { } slow)
            {
                Line($"pg_stat_statements is not there: add it to shared_preload_libraries.");
                return;
            }

            Line($"| mean ms | highest ms | calls | statement |\n|---:|---:|---:|---|");
            foreach (var query in slow)
            {
                Line($"| {query.MeanMs} | {query.MaxMs} | {query.Calls} | `{Short(query.Query)}` |");
            }
        }

        async Task WritePlansAsync()
        {
            Line($"\n## Plans of the product's queries\n");
            var known = await plans.ExplainAsync(cancellationToken);
            Line($"| query | class | cost | reads from end to end |\n|---|---|---:|---|");
            foreach (var plan in known.OrderByDescending(plan => plan.Cost).Take(Most))
            {
                Line($"| {plan.Name} | {Json.EnumText<QueryClass>.Of(plan.Class)} | {plan.Cost:0} | {string.Join(", ", plan.FullScans)} |");
            }
        }

        async Task WriteUnusedIndexesAsync()
        {
            Line($"\n## Indexes that nothing has used\n");
            var unused = await database.UnusedIndexesAsync(cancellationToken);
            foreach (var (name, bytes) in unused)
            {
                Line($"- {name}, {bytes / 1024.0 / 1024:0.0} MiB");
            }

            if (unused.Count == 0)
            {
                Line($"None.");
            }
        }

        void WriteHitRates(Scorecard scorecard)
        {
            Line($"\n## Cache\n\n| tier | memory hits | Redis hits | misses | hit rate |\n|---|---:|---:|---:|---:|");
            foreach (var tier in scorecard.Caches)
            {
                Line($"| {tier.CacheType} | {tier.MemoryHits} | {tier.RedisHits} | {tier.Misses} | {(tier.HitRate is { } rate ? $"{rate:0.0} %" : "–")} |");
            }

            Line($"\n## Resources\n");
            foreach (var row in scorecard.Rows.Where(row => row.Area == "resources"))
            {
                Line($"- {row.What}: {row.Current?.ToString("0.##", CultureInfo.InvariantCulture) ?? "not known"} {row.Unit} of {row.Target:0.##}");
            }
        }
    }

    private static string Short(string statement)
    {
        var line = string.Join(' ', statement.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace('`', '\'').Replace("|", "\\|", StringComparison.Ordinal);
        return CodePoints.Exceed(line, LongestText) ? CodePoints.Truncate(line, LongestText) + "…" : line;
    }
}
