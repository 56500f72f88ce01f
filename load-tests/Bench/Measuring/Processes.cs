using System.Diagnostics;

namespace StoryPortal.Bench.Measuring;

/// <summary>The processes that take part, by name; each counts with those that it started.</summary>
internal sealed class Processes
{
    private readonly Dictionary<string, int> _ids = [];

    /// <summary>Adds one.</summary>
    public void Add(string name, int id) => _ids[name] = id;

    /// <summary>The id of one.</summary>
    /// <exception cref="NotThereYetException">There is none of that name.</exception>
    public int this[string name] => _ids.TryGetValue(name, out var id) ? id : throw new NotThereYetException($"a process that is known as {name}");

    /// <summary>Processor time until now.</summary>
    public CpuTimes Cpu()
    {
        var seconds = _ids.ToDictionary(named => named.Key, named => ProcFiles.CpuSeconds(named.Value) + ProcFiles.ChildrenOf(named.Value).Sum(ProcFiles.CpuSeconds));

        // Load generators are children of ours that have ended.
        seconds["client"] = ProcFiles.CpuSeconds(Environment.ProcessId);
        return new CpuTimes(Stopwatch.GetTimestamp(), seconds);
    }

    /// <summary>Resident memory in MiB; of servers with many processes what they share counts once.</summary>
    public Dictionary<string, double> Memory() => _ids.ToDictionary(
        named => named.Key,
        named => Math.Round(ProcFiles.ResidentMebibytes(named.Value) + ProcFiles.ChildrenOf(named.Value).Sum(ProcFiles.PrivateMebibytes)));
}

/// <summary>Processor time of processes at a moment.</summary>
internal sealed record CpuTimes(long Taken, IReadOnlyDictionary<string, double> Seconds)
{
    /// <summary>How many cores each process kept busy since <paramref name="before"/>.</summary>
    public Dictionary<string, double> CoresSince(CpuTimes before)
    {
        var elapsed = Stopwatch.GetElapsedTime(before.Taken, Taken).TotalSeconds;
        return Seconds.Where(now => before.Seconds.ContainsKey(now.Key))
            .ToDictionary(now => now.Key, now => Math.Round(Math.Max(0, now.Value - before.Seconds[now.Key]) / elapsed, 3));
    }
}
