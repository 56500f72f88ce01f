using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Maintenance;

/// <summary>A job that is due runs once, whatever comes of it, and is due again at its next time.</summary>
[Collection(SharedSystem.Name)]
public sealed class JobRunnerTests(StoryPortalSystem system) : IAsyncLifetime
{
    private static readonly DateTimeOffset Morning = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Noon = Morning.AddHours(2);

    private readonly FakeTimeProvider _time = new(Morning);
    private OwnDatabase _database = null!;
    private JobStore _store = null!;

    public async Task InitializeAsync()
    {
        _database = await OwnDatabase.WithTablesAsync(system);
        _store = new JobStore(_database.Queries);
        await _store.RegisterAsync("fake", "0 12 * * *", Noon, CancellationToken.None);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task It_does_not_run_before_its_time()
    {
        Assert.False(await RunAsync(new FakeJob()));
        Assert.Null((await RowAsync()).LastRun);
    }

    [Fact]
    public async Task At_its_time_it_runs_and_its_row_tells_of_it()
    {
        var traces = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "StoryPortal.DataLayer",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = traces.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        _time.SetUtcNow(Noon.AddSeconds(1));
        Assert.True(await RunAsync(new FakeJob()));

        Assert.Contains(traces, trace => trace.DisplayName == "maintenance fake" && trace.Parent is null && trace.GetTagItem("job.outcome") is "succeeded");
        var row = await RowAsync();
        Assert.Equal(new JobRun(Noon.AddSeconds(1), Noon.AddSeconds(1), JobOutcome.Succeeded, "Did it", default), row.LastRun! with { Result = default });
        Assert.Equal("""{"answer": 42}""", row.LastRun.Result.ToString());
        Assert.Equal(Noon.AddSeconds(1), row.LastSuccessAt);
        Assert.Equal(Noon.AddDays(1), row.NextRunAt);
        Assert.Null(row.RunningSince);
    }

    [Fact]
    public async Task Of_several_workers_one_runs_it()
    {
        _time.SetUtcNow(Noon);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var job = new FakeJob(_ =>
        {
            begun.SetResult();
            return go.Task;
        });
        var row = await RowAsync();
        var workers = Enumerable.Range(0, 4).Select(_ => Runner().RunIfDueAsync(job, row, CancellationToken.None)).ToList();

        // Three come back while one is at it.
        while (workers.Count > 1)
        {
            var idle = await Task.WhenAny(workers);
            Assert.False(await idle);
            workers.Remove(idle);
        }

        // The three may be back before the fourth, who holds the lock, has written that it runs.
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Noon, (await RowAsync()).RunningSince);
        Assert.False(await _store.RequestAsync("fake", Noon, CancellationToken.None));
        go.SetResult();
        Assert.True(await workers[0]);
        Assert.False(await Runner().RunIfDueAsync(job, row, CancellationToken.None)); // what it saw is old
        Assert.Equal(1, job.Runs);
    }

    [Fact]
    public async Task A_run_that_fails_is_noted_with_its_reason_and_tried_again_at_its_next_time()
    {
        _time.SetUtcNow(Noon);
        Assert.True(await RunAsync(new FakeJob()));
        _time.SetUtcNow(Noon.AddDays(1));
        Assert.True(await RunAsync(new FakeJob(_ => throw new InvalidOperationException("the disk is full"))));

        var row = await RowAsync();
        Assert.Equal((JobOutcome.Failed, "the disk is full"), (row.LastRun!.Outcome, row.LastRun.Message));
        Assert.Equal(Noon, row.LastSuccessAt);
        Assert.Equal(Noon.AddDays(2), row.NextRunAt);
    }

    [Fact]
    public async Task A_run_that_a_shutdown_cuts_off_is_due_again_at_once()
    {
        _time.SetUtcNow(Noon);
        using var shutdown = new CancellationTokenSource();
        Assert.True(await RunAsync(
            new FakeJob(async token =>
            {
                await shutdown.CancelAsync();
                token.ThrowIfCancellationRequested();
            }),
            shutdown.Token));

        var row = await RowAsync();
        Assert.Equal((JobOutcome.Cancelled, (DateTimeOffset?)null, (DateTimeOffset?)Noon), (row.LastRun!.Outcome, row.RunningSince, row.NextRunAt));
        Assert.True(await RunAsync(new FakeJob()));
    }

    [Fact]
    public async Task A_run_whose_worker_died_does_not_count_as_running_and_is_due_again()
    {
        _time.SetUtcNow(Noon);
        var row = await RowAsync();
        await using (var held = await AdvisoryLock.AcquireAsync(_database.Direct, JobStore.LockKey(row), TimeProvider.System, CancellationToken.None))
        {
            Assert.True(await _store.ClaimAsync("fake", Noon, CancellationToken.None));
            Assert.Equal(Noon, (await RowAsync()).RunningSince);
        }

        Assert.Null((await RowAsync()).RunningSince);
        Assert.True(await RunAsync(new FakeJob()));
    }

    [Fact]
    public async Task A_run_that_is_asked_for_does_not_wait_for_its_time()
    {
        Assert.True(await _store.RequestAsync("fake", Morning, CancellationToken.None));
        Assert.Equal(Morning, (await RowAsync()).RequestedAt);

        Assert.True(await RunAsync(new FakeJob()));
        var row = await RowAsync();
        Assert.Equal((null, (DateTimeOffset?)Noon), (row.RequestedAt, row.NextRunAt));
        Assert.Null(await _store.RequestAsync("unknown", Morning, CancellationToken.None));
    }

    [Fact]
    public async Task A_job_that_is_off_runs_when_asked_and_has_no_next_time()
    {
        await _store.RegisterAsync("fake", "off", null, CancellationToken.None);
        Assert.False(await RunAsync(new FakeJob(schedule: "off")));
        await _store.RequestAsync("fake", Morning, CancellationToken.None);
        Assert.True(await RunAsync(new FakeJob(schedule: "off")));
        Assert.Null((await RowAsync()).NextRunAt);
    }

    [Fact]
    public async Task A_restart_keeps_what_is_due_and_a_new_schedule_replaces_it()
    {
        await _store.RegisterAsync("fake", "0 12 * * *", Noon.AddDays(1), CancellationToken.None);
        Assert.Equal(Noon, (await RowAsync()).NextRunAt);

        await _store.RegisterAsync("fake", "0 13 * * *", Noon.AddHours(1), CancellationToken.None);
        Assert.Equal(Noon.AddHours(1), (await RowAsync()).NextRunAt);
    }

    private JobRunner Runner() => new(
        _store, new JobSchedule(new QuietestHour(_database.Queries)), _database.Direct, new JobTelemetry(_database.Meters, new JobBoard()), _time,
        NullLogger<JobRunner>.Instance);

    private async Task<bool> RunAsync(FakeJob job, CancellationToken cancellationToken = default) =>
        await Runner().RunIfDueAsync(job, await RowAsync(), cancellationToken);

    private async Task<MaintenanceJob> RowAsync() => Assert.Single(await _store.ListAsync(CancellationToken.None));
}
