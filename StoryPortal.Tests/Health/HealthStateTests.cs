using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.Tests.Health;

/// <summary>Unready only while starting or draining.</summary>
public sealed class HealthStateTests
{
    private const string Database = "database";
    private const string Cache = "cache";

    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly FakeTimeProvider _time = new();
    private readonly Warnings _warnings = new();
    private readonly HealthState _state;

    public HealthStateTests()
    {
        var checks = new HealthCheckServiceOptions();
        checks.Registrations.Add(new(Database, _ => throw new NotSupportedException(), HealthStatus.Unhealthy, [HealthState.StartupTag]));
        checks.Registrations.Add(new(Cache, _ => throw new NotSupportedException(), HealthStatus.Degraded, []));
        _state = new HealthState(_lifetime, Options.Create(checks), new StartPhase(_time), _warnings);
    }

    [Fact]
    public void A_process_starts_when_what_it_needs_was_there_once()
    {
        _lifetime.NotifyStarted();
        Assert.Equal((false, false, "unhealthy"), Now());

        Report(HealthStatus.Unhealthy, HealthStatus.Healthy);
        Assert.Equal((false, false, "unhealthy"), Now());
        Assert.False(_state.WhenStarted.IsCompleted);

        Report(HealthStatus.Healthy, HealthStatus.Degraded);
        Assert.Equal((true, true, "degraded"), Now());
        Assert.True(_state.WhenStarted.IsCompleted);
    }

    [Fact]
    public void A_process_starts_on_what_works_in_part()
    {
        _lifetime.NotifyStarted();
        Report(HealthStatus.Degraded, HealthStatus.Healthy);
        Assert.Equal((true, true, "degraded"), Now());
    }

    [Fact]
    public void A_process_that_does_not_listen_on_every_port_yet_has_not_started()
    {
        Report(HealthStatus.Healthy, HealthStatus.Healthy);
        Assert.Equal((false, false, "unhealthy"), Now());
        _lifetime.NotifyStarted();
        Assert.Equal((true, true, "healthy"), Now());
    }

    [Fact]
    public void A_process_that_has_started_stays_ready_whatever_it_loses()
    {
        _lifetime.NotifyStarted();
        Report(HealthStatus.Healthy, HealthStatus.Healthy);
        Assert.Equal((true, true, "healthy"), Now());

        Report(HealthStatus.Unhealthy, HealthStatus.Degraded);
        Assert.Equal((true, true, "degraded"), Now());
    }

    [Fact]
    public void A_process_that_drains_is_not_ready_any_more()
    {
        _lifetime.NotifyStarted();
        Report(HealthStatus.Healthy, HealthStatus.Healthy);
        _lifetime.StopApplication();
        Assert.Equal((true, false, "unhealthy"), Now());
    }

    [Fact]
    public void A_check_that_was_not_healthy_yet_is_no_warning_until_the_time_for_a_start_is_over()
    {
        _lifetime.NotifyStarted();
        Report(HealthStatus.Unhealthy, HealthStatus.Degraded);
        Report(HealthStatus.Healthy, HealthStatus.Degraded);
        Assert.Empty(_warnings.Texts);

        Report(HealthStatus.Unhealthy, HealthStatus.Degraded); // was healthy: a loss
        Assert.Equal([Database], _warnings.Texts);

        _time.Advance(TimeSpan.FromMinutes(2));
        Report(HealthStatus.Unhealthy, HealthStatus.Degraded);
        Report(HealthStatus.Unhealthy, HealthStatus.Degraded);
        Assert.Equal([Database, Cache], _warnings.Texts); // each once
    }

    private (bool Started, bool Ready, string Status) Now() => (_state.Started, _state.Ready, _state.Status);

    private void Report(HealthStatus database, HealthStatus cache) => _state.Report(
        new HealthReport(
            new Dictionary<string, HealthReportEntry>
            {
                [Database] = new(database, null, TimeSpan.Zero, null, null),
                [Cache] = new(cache, null, TimeSpan.Zero, null, null),
            },
            TimeSpan.Zero));

    private sealed class Warnings : ILogger<HealthState>
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Texts.Add(formatter(state, exception).Split(' ')[2]); // Health check NAME is …
            }
        }
    }
}
