using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceDefaults.Health;

/// <summary>
/// What a process says of its health, as <see cref="HealthWatch"/> has found it, so that asking costs nothing and never waits.
/// A process is unready only while it starts or drains: later, a lost Redis or Postgres makes it degraded, since it still serves what it can.
/// </summary>
internal sealed partial class HealthState
{
    /// <summary>The tag of a check that must have been healthy or degraded once before the process counts as started.</summary>
    public const string StartupTag = "startup";

    private readonly string[] _startupChecks;
    private readonly ILogger<HealthState> _logger;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile HealthReport? _latest;
    private volatile bool _listening;
    private volatile bool _draining;

    public HealthState(IHostApplicationLifetime lifetime, IOptions<HealthCheckServiceOptions> checks, ILogger<HealthState> logger)
    {
        _startupChecks = [.. checks.Value.Registrations.Where(check => check.Tags.Contains(StartupTag)).Select(check => check.Name)];
        _logger = logger;
        lifetime.ApplicationStarted.Register(OnListening);
        lifetime.ApplicationStopping.Register(() => _draining = true);
    }

    public HealthReport? Latest => _latest;

    public bool Started => _started.Task.IsCompleted;

    /// <summary>Ends when the process has started.</summary>
    public Task WhenStarted => _started.Task;

    public bool Ready => Started && !_draining;

    public string Status => !Ready ? "unhealthy" : _latest is { Status: HealthStatus.Healthy } ? "healthy" : "degraded";

    /// <summary>Takes what the checks say now.</summary>
    public void Report(HealthReport report)
    {
        LogChanges(_latest, report);
        _latest = report;
        Start();
    }

    // The first port that is open answers before the last one is.
    private void OnListening()
    {
        _listening = true;
        Start();
    }

    private void Start()
    {
        if (_listening && _latest is { } report && _startupChecks.All(name => report.Entries[name].Status != HealthStatus.Unhealthy))
        {
            _started.TrySetResult();
        }
    }

    // Only changes: the checks run all the time, and a log that repeats itself hides what it has to say.
    private void LogChanges(HealthReport? before, HealthReport now)
    {
        foreach (var (name, entry) in now.Entries)
        {
            var earlier = before is not null && before.Entries.TryGetValue(name, out var known) ? known.Status : HealthStatus.Healthy;
            if (earlier == HealthStatus.Healthy && entry.Status != HealthStatus.Healthy)
            {
                LogFailing(name, entry.Status, entry.Description);
            }
            else if (earlier != HealthStatus.Healthy && entry.Status == HealthStatus.Healthy)
            {
                LogHealthy(name);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Health check {Check} is {Status}: {Reason}")]
    private partial void LogFailing(string check, HealthStatus status, string? reason);

    [LoggerMessage(2, LogLevel.Information, "Health check {Check} is healthy")]
    private partial void LogHealthy(string check);
}
