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
    private readonly HashSet<string> _seenHealthy = [];
    private readonly HashSet<string> _reported = [];
    private readonly HashSet<string> _waiting = [];
    private readonly StartPhase _start;
    private readonly ILogger<HealthState> _logger;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile HealthReport? _latest;
    private volatile bool _listening;
    private volatile bool _draining;

    public HealthState(IHostApplicationLifetime lifetime, IOptions<HealthCheckServiceOptions> checks, StartPhase start, ILogger<HealthState> logger)
    {
        _startupChecks = [.. checks.Value.Registrations.Where(check => check.Tags.Contains(StartupTag)).Select(check => check.Name)];
        (_start, _logger) = (start, logger);
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
        LogChanges(report);
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

    // Only changes: the checks run all the time. A check that was not healthy yet is no warning until the start has timed out.
    private void LogChanges(HealthReport now)
    {
        foreach (var (name, entry) in now.Entries)
        {
            if (entry.Status == HealthStatus.Healthy)
            {
                _seenHealthy.Add(name);
                if (_reported.Remove(name))
                {
                    LogHealthy(name);
                }
            }
            else if (_start.HasTimedOut || _seenHealthy.Contains(name))
            {
                if (_reported.Add(name))
                {
                    LogFailing(name, entry.Status, entry.Description);
                }
            }
            else if (_waiting.Add(name))
            {
                LogWaiting(name, entry.Description);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Health check {Check} is {Status}: {Reason}")]
    private partial void LogFailing(string check, HealthStatus status, string? reason);

    [LoggerMessage(2, LogLevel.Information, "Health check {Check} is healthy")]
    private partial void LogHealthy(string check);

    [LoggerMessage(3, LogLevel.Information, "Waiting for health check {Check}: {Reason}")]
    private partial void LogWaiting(string check, string? reason);
}
