using System.Collections.Concurrent;
using System.Diagnostics;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Rows.Cache;

/// <summary>Reads at the hub beside a Redis that is frozen or gone, after the first second, against the same reads beside one that works.</summary>
/// <param name="name">The row's name.</param>
/// <param name="redis">What has happened to Redis.</param>
/// <param name="signal">The signal that does it.</param>
internal sealed class RedisOutageRow(string name, string redis, string signal)
    : Row($"cache/{name}", $"p95 of reads, Redis {redis}", "p95 of reads, Redis working", "ms", aim: 2, Bound.AtMost)
{
    private const int Callers = 16;
    private const int Agents = 1000;

    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(3);

    private readonly Queue<double> _working = new();
    private bool _gone;

    public static RedisOutageRow Frozen { get; } = new("reads beside a frozen Redis", "frozen", "STOP");

    /// <summary>Redis does not come back: nothing that needs it can follow.</summary>
    public static RedisOutageRow Stopped { get; } = new("reads beside a stopped Redis", "stopped", "KILL");

    private bool IsFinal => signal == "KILL";

    public override async Task PrepareAsync(Stage stage)
    {
        await P95Async(stage, stage.Options.WarmUp);
        while (IsFinal && _working.Count < Runs(stage.Options))
        {
            _working.Enqueue(await P95Async(stage, stage.Options.Load)); // while there is one
        }
    }

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        try
        {
            if (!_gone)
            {
                await SignalAsync(signal, stage);
                await P95Async(stage, Unsettled);
                _gone = IsFinal;
            }

            return await P95Async(stage, stage.Options.Load);
        }
        finally
        {
            if (!IsFinal)
            {
                await SignalAsync("CONT", stage);
            }
        }
    }

    public override async Task<double> MeasureBAsync(Stage stage)
    {
        if (_working.TryDequeue(out var known))
        {
            return known;
        }

        await P95Async(stage, Recovery);
        return await P95Async(stage, stage.Options.Load);
    }

    private static async Task SignalAsync(string signal, Stage stage) =>
        await Tool.RunAsync("bash", ["-c", $"kill -{signal} {stage.Processes["redis"]}"], stage.Stopped);

    private static async Task<double> P95Async(Stage stage, TimeSpan duration)
    {
        var times = new ConcurrentBag<double>();
        var elapsed = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            var random = new Random(caller);
            while (elapsed.Elapsed < duration)
            {
                var agent = stage.Dataset.Agents[random.Next(Math.Min(Agents, stage.Dataset.Agents.Count))];
                var start = Stopwatch.GetTimestamp();
                using var response = await stage.Hub.GetAsync(new Uri($"/v1/agents/{agent}", UriKind.Relative), stage.Stopped);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if (!response.IsSuccessStatusCode)
                {
                    throw new MeasurementFailedException($"A read was answered with {(int)response.StatusCode}.");
                }
            }
        }));
        return times.Percentile(0.95);
    }
}
