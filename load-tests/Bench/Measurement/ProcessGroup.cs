using System.Diagnostics;

namespace StoryPortal.Bench.Measurement;

/// <summary>The processes that take part, by name; each counts with its child processes.</summary>
internal sealed class ProcessGroup
{
    private readonly Dictionary<string, int> _ids = [];

    /// <summary>Adds a process, or replaces the one of the same name.</summary>
    public void Set(string name, int id) => _ids[name] = id;

    /// <summary>The id of a process.</summary>
    /// <exception cref="MeasurementFailedException">No process has that name.</exception>
    public int this[string name] =>
        _ids.TryGetValue(name, out var id) ? id : throw new MeasurementFailedException($"There is no process {name}.");

    /// <summary>Processor time until now.</summary>
    public CpuTimes Cpu()
    {
        var seconds = _ids.ToDictionary(
            process => process.Key,
            process => ProcFiles.CpuSeconds(process.Value) + ProcFiles.ChildrenOf(process.Value).Sum(ProcFiles.CpuSeconds));

        // Load generators are child processes of this one, and have ended.
        seconds["client"] = ProcFiles.CpuSeconds(Environment.ProcessId);
        return new CpuTimes(Stopwatch.GetTimestamp(), seconds);
    }

    /// <summary>Resident memory in MiB; pages that the processes of a server share count once.</summary>
    public Dictionary<string, double> Memory() => _ids.ToDictionary(
        process => process.Key,
        process => Math.Round(
            ProcFiles.ResidentMebibytes(process.Value) + ProcFiles.ChildrenOf(process.Value).Sum(ProcFiles.PrivateMebibytes)));
}
