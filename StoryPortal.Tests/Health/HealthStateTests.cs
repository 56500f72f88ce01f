using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.Tests.Health;

/// <summary>Unready only while starting or draining.</summary>
public sealed class HealthStateTests
{
    private const string Database = "database";
    private const string Cache = "cache";

    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly HealthState _state;

    public HealthStateTests()
    {
        var checks = new HealthCheckServiceOptions();
        checks.Registrations.Add(new(Database, _ => throw new NotSupportedException(), HealthStatus.Unhealthy, [HealthState.StartupTag]));
        checks.Registrations.Add(new(Cache, _ => throw new NotSupportedException(), HealthStatus.Degraded, []));
        _state = new HealthState(_lifetime, Options.Create(checks), NullLogger<HealthState>.Instance);
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

    private (bool Started, bool Ready, string Status) Now() => (_state.Started, _state.Ready, _state.Status);

    private void Report(HealthStatus database, HealthStatus cache) => _state.Report(
        new HealthReport(
            new Dictionary<string, HealthReportEntry>
            {
                [Database] = new(database, null, TimeSpan.Zero, null, null),
                [Cache] = new(cache, null, TimeSpan.Zero, null, null),
            },
            TimeSpan.Zero));
}
