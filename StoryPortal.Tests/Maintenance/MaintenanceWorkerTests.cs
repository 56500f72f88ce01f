using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.DataLayer.Schema;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Maintenance;

/// <summary>The worker's loop: jobs beside each other, none of which ends it.</summary>
[Collection(SharedSystem.Name)]
public sealed class MaintenanceWorkerTests(StoryPortalSystem system) : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 4, 11, 59, 0, TimeSpan.Zero));
    private readonly JobBoard _board = new();
    private OwnDatabase _database = null!;
    private SchemaWorker _schema = null!;

    public async Task InitializeAsync()
    {
        _database = await OwnDatabase.CreateAsync(system);
        _schema = new SchemaWorker(
            new SchemaMigration(_database.Direct, TimeProvider.System, NullLogger<SchemaMigration>.Instance),
            new IndexBuilder(_database.Direct, TimeProvider.System, NullLogger<IndexBuilder>.Instance), TimeProvider.System, NullLogger<SchemaWorker>.Instance);
    }

    public async Task DisposeAsync()
    {
        await _schema.StopAsync(CancellationToken.None);
        _schema.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task It_waits_for_the_schema_and_starts_each_job_at_its_time_whatever_becomes_of_the_others()
    {
        var never = new TaskCompletionSource();
        var failing = new FakeJob(_ => throw new InvalidOperationException("broken"), "failing");
        var stuck = new FakeJob(token => never.Task.WaitAsync(token), "stuck");
        var good = new FakeJob(null, "good");
        using var worker = Worker(failing, stuck, good);
        await worker.StartAsync(CancellationToken.None);
        Assert.Empty(_board.Jobs);
        await _schema.StartAsync(CancellationToken.None);

        await EventuallyAsync(() => good.Runs == 1 && failing.Runs == 1 && stuck.Runs == 1);
        await EventuallyAsync(() => Outcome("good") == JobOutcome.Succeeded && Outcome("failing") == JobOutcome.Failed);
        await EventuallyAsync(() => _board.Jobs.Single(job => job.Name == "stuck").RunningSince is not null);

        _time.Advance(TimeSpan.FromDays(1));
        await EventuallyAsync(() => good.Runs == 2 && failing.Runs == 2);
        Assert.Equal(1, stuck.Runs);

        await worker.StopAsync(CancellationToken.None);
        var rows = await new JobStore(_database.Queries).ListAsync(CancellationToken.None);
        Assert.Equal(JobOutcome.Cancelled, rows.Single(job => job.Name == "stuck").LastRun!.Outcome);
    }

    private JobOutcome? Outcome(string name) => _board.Jobs.Single(job => job.Name == name).LastRun?.Outcome;

    private MaintenanceWorker Worker(params IMaintenanceJob[] jobs)
    {
        var store = new JobStore(_database.Queries);
        var schedule = new JobSchedule(new QuietestHour(_database.Queries));
        var runner = new JobRunner(store, schedule, _database.Direct, new JobTelemetry(_database.Meters, _board), _time, NullLogger<JobRunner>.Instance);
        return new MaintenanceWorker(jobs, store, schedule, runner, _board, _schema, _time, NullLogger<MaintenanceWorker>.Instance);
    }

    // The clock of the worker goes on while its work is waited for.
    private Task EventuallyAsync(Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return Task.FromResult(condition());
    });
}
