using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>What this process uses, how long it took to start, and all that it has measured: its snapshot.</summary>
public sealed class ProcessReadings
{
    private const long Unlimited = 1L << 60;

    // Of control groups in version 2, and in version 1.
    private static readonly string[] MemoryLimitFiles = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

    private readonly Recorder _recorder;
    private readonly ServiceName _service;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _startedAt;
    private readonly long? _memoryLimit = ReadMemoryLimit(MemoryLimitFiles);
    private TimeSpan _processor;
    private long _looked;

    internal ProcessReadings(Recorder recorder, ServiceName service, IOptions<RegistrationOptions> registration, HealthState health, TimeProvider time)
    {
        (_recorder, _service, _instance, _time) = (recorder, service, registration.Value.Id, time);
        using var process = Process.GetCurrentProcess();
        _startedAt = process.StartTime.ToUniversalTime();
        (_processor, _looked) = (Environment.CpuUsage.TotalTime, time.GetTimestamp());
        _ = health.WhenStarted.ContinueWith(
            _ => recorder.StateOf(Measured.Startup).Set((time.GetUtcNow() - _startedAt).TotalSeconds),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The version that runs.</summary>
    public static string Version { get; } =
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>What there is now.</summary>
    public PerformanceSnapshot Snapshot()
    {
        var (times, counts, states) = _recorder.Read();
        return new PerformanceSnapshot
        {
            Service = _service.Value,
            Instance = _instance,
            Version = Version,
            TakenAt = _time.GetUtcNow(),
            StartedAt = _startedAt,
            MemoryLimit = _memoryLimit,
            Cores = Environment.ProcessorCount,
            Times = times,
            Counts = counts,
            States = states,
            Traffic = _recorder.Slices(Targets.Of("http_api_p95").Sources),
        };
    }

    /// <summary>What grows whenever the process is asked for more than its health: requests of clients, and those that the gateway sent of which it looked at the queries.</summary>
    internal long Requests => _recorder.Total(name => name == Measured.Requests
        || (name.StartsWith(Measured.SampledOf, StringComparison.Ordinal) && RequestClasses.Of(HttpMethods.Get, name[Measured.SampledOf.Length..]) != RequestClass.Health));

    /// <summary>Looks at what the process uses.</summary>
    internal void Look()
    {
        var (processor, now) = (Environment.CpuUsage.TotalTime, _time.GetTimestamp());
        if (_time.GetElapsedTime(_looked, now) is { Ticks: > 0 } elapsed)
        {
            _recorder.StateOf(Measured.Cpu).Set((processor - _processor) / elapsed);
            (_processor, _looked) = (processor, now);
        }

        _recorder.StateOf(Measured.Memory).Set(Environment.WorkingSet);
        _recorder.StateOf(Measured.ThreadQueue).Set(ThreadPool.PendingWorkItemCount);
        _recorder.StateOf(Measured.Threads).Set(ThreadPool.ThreadCount);
    }

    /// <summary>What the first of the files that is there says. Where nothing limits the process, version 2 says "max", and version 1 a number that no machine has.</summary>
    internal static long? ReadMemoryLimit(IEnumerable<string> files) =>
        files.FirstOrDefault(File.Exists) is { } file && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var bytes) && bytes < Unlimited ? bytes : null;
}
