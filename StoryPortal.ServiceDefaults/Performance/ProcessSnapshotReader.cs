using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Reads the snapshot of this process, and records how long its start took.</summary>
public sealed class ProcessSnapshotReader
{
    private const long Unlimited = 1L << 60;

    // Of control groups in version 2, and in version 1.
    private static readonly string[] MemoryLimitFiles = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

    private readonly MetricAggregator _metrics;
    private readonly ServiceName _service;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _startedAt;
    private readonly long? _memoryLimit = ReadMemoryLimit(MemoryLimitFiles);

    internal ProcessSnapshotReader(
        MetricAggregator metrics, IMeterFactory meters, ServiceName service, IOptions<RegistrationOptions> registration, HealthState health, TimeProvider time)
    {
        (_metrics, _service, _instance, _time) = (metrics, service, registration.Value.Id, time);
        using var process = Process.GetCurrentProcess();
        _startedAt = process.StartTime.ToUniversalTime();
        var startup = meters.Create(TelemetryNames.Prefix + "Performance").CreateGauge<double>(
            MetricNames.Startup, unit: "s", description: "Time from the start of the process until it was ready.");
        _ = health.WhenStarted.ContinueWith(
            _ => startup.Record((time.GetUtcNow() - _startedAt).TotalSeconds),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The version of the product.</summary>
    public static string Version { get; } =
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>The measurements of now.</summary>
    public ProcessSnapshot Read()
    {
        var (histograms, counters, gauges) = _metrics.Read();
        return new ProcessSnapshot
        {
            Service = _service.Value,
            Instance = _instance,
            Version = Version,
            TakenAt = _time.GetUtcNow(),
            StartedAt = _startedAt,
            MemoryLimit = _memoryLimit,
            Cores = Environment.ProcessorCount,
            Times = histograms,
            Counts = counters,
            States = gauges,
            Traffic = _metrics.ReadSlices(Slos.Get("http_api_p95").Sources),
        };
    }

    // Without a limit version 2 says "max", and version 1 a number that no machine has.
    internal static long? ReadMemoryLimit(IEnumerable<string> files) =>
        files.FirstOrDefault(File.Exists) is { } file && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var bytes) && bytes < Unlimited ? bytes : null;
}
