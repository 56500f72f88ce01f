using System.Diagnostics;
using System.Text.Json.Serialization;

namespace StoryPortal.Bench.Measurement;

/// <summary>The processor time of processes until a moment.</summary>
/// <param name="Timestamp">The moment, by <see cref="Stopwatch"/>.</param>
/// <param name="Seconds">Processor time by process.</param>
internal sealed record CpuTimes(long Timestamp, IReadOnlyDictionary<string, double> Seconds);

/// <summary>The processor time of several runs, added up.</summary>
internal sealed class CpuUsage
{
    private readonly Dictionary<string, double> _seconds = [];
    private TimeSpan _elapsed;
    private long _operations;

    /// <summary>The cores that each process kept busy, on average over all runs.</summary>
    public Dictionary<string, double> Cores =>
        _seconds.ToDictionary(process => process.Key, process => Math.Round(process.Value / _elapsed.TotalSeconds, 3));

    /// <summary>The processor time of each process for one operation, in µs; null when operations are not counted.</summary>
    public Dictionary<string, double>? MicrosecondsPerOperation => _operations == 0
        ? null
        : _seconds.ToDictionary(process => process.Key, process => Math.Round(process.Value / _operations * 1e6, 1));

    /// <summary>Whether nothing was added.</summary>
    [JsonIgnore]
    public bool IsEmpty => _elapsed == TimeSpan.Zero;

    /// <summary>Adds a run of <paramref name="operations"/> operations; 0 when they are not counted.</summary>
    public void Add(CpuTimes before, CpuTimes after, long operations)
    {
        _elapsed += Stopwatch.GetElapsedTime(before.Timestamp, after.Timestamp);
        _operations += operations;
        foreach (var (process, seconds) in after.Seconds.Where(process => before.Seconds.ContainsKey(process.Key)))
        {
            _seconds[process] = _seconds.GetValueOrDefault(process) + Math.Max(0, seconds - before.Seconds[process]);
        }
    }
}
