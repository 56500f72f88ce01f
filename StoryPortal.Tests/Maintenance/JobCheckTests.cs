using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.DataLayer.Maintenance;

namespace StoryPortal.Tests.Maintenance;

/// <summary>A job is degraded when its last run failed or when it is overdue.</summary>
public sealed class JobCheckTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(JobOutcome.Succeeded, HealthStatus.Healthy)]
    [InlineData(JobOutcome.Cancelled, HealthStatus.Healthy)]
    [InlineData(JobOutcome.Failed, HealthStatus.Degraded)]
    [InlineData(null, HealthStatus.Healthy)]
    public async Task A_failed_run_is_told(JobOutcome? outcome, HealthStatus status) =>
        Assert.Equal(status, (await CheckAsync(Job(Now.AddHours(1), outcome))).Status);

    [Theory]
    [InlineData(-59, HealthStatus.Healthy)]
    [InlineData(-61, HealthStatus.Degraded)]
    public async Task A_job_that_nobody_finishes_is_overdue_after_an_hour(int minutes, HealthStatus status) =>
        Assert.Equal(status, (await CheckAsync(Job(Now.AddMinutes(minutes), JobOutcome.Succeeded))).Status);

    [Fact]
    public async Task What_is_wrong_is_said_in_a_sentence()
    {
        Assert.Equal("The run of 2026-05-04T09:00:00Z failed: no space", (await CheckAsync(Job(Now.AddHours(1), JobOutcome.Failed))).Description);
        Assert.Equal(
            "Overdue since 2026-05-04T08:00:00Z: it has been running since 2026-05-04T09:00:00Z.",
            (await CheckAsync(Job(Now.AddHours(-2), null) with { RunningSince = Now.AddHours(-1) })).Description);
    }

    [Fact]
    public async Task A_job_that_is_off_or_not_known_yet_is_healthy()
    {
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(Job(null, null))).Status);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    private static Task<HealthCheckResult> CheckAsync(params MaintenanceJob[] rows)
    {
        var check = new JobCheck<FakeJob>(new FakeJob(), new JobBoard { Jobs = rows }, Options.Create(new MaintenanceOptions()), new FakeTimeProvider(Now));
        return check.CheckHealthAsync(new HealthCheckContext { Registration = new("job:fake", check, HealthStatus.Degraded, []) });
    }

    private static MaintenanceJob Job(DateTimeOffset? next, JobOutcome? outcome) => new()
    {
        Name = "fake",
        Schedule = "0 12 * * *",
        NextRunAt = next,
        RequestedAt = null,
        RunningSince = null,
        LastSuccessAt = null,
        LastRun = outcome is null ? null : new JobRun(Now.AddHours(-1), Now.AddHours(-1), outcome.Value, "no space", default),
    };
}
