using Microsoft.Extensions.Time.Testing;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.Tests.GroupCommit;

/// <summary>How single writes share commits, whatever is written.</summary>
public sealed class GroupCommitTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly TaskCompletionSource _commit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Rows_that_arrive_while_a_commit_is_under_way_share_the_next_one()
    {
        using var writer = new RecordingWriter(WaitForTheTestAsync);
        await writer.StartAsync(Never);
        var first = writer.WriteAsync(new Row(Guid.NewGuid()), Never);
        await _underWay.Task;
        var others = Enumerable.Range(0, 100).Select(_ => writer.WriteAsync(new Row(Guid.NewGuid()), Never)).ToList();
        Assert.False(first.IsCompleted);

        _commit.SetResult();
        Assert.All(await Task.WhenAll([first, .. others]), Assert.True);
        Assert.Equal([1, 100], writer.Commits);
        await writer.StopAsync(Never);
    }

    [Fact]
    public async Task A_commit_has_no_more_rows_and_no_more_bytes_than_are_allowed()
    {
        using var writer = new RecordingWriter(WaitForTheTestAsync, options: new() { Concurrency = 1, MostRows = 40, MostBytes = 1024 });
        await writer.StartAsync(Never);
        List<Task> writes = [writer.WriteAsync(new Row(Guid.NewGuid()), Never)];
        await _underWay.Task;
        writes.AddRange(Enumerable.Range(0, 100).Select(i => writer.WriteAsync(new Row(Guid.NewGuid(), i < 80 ? 1 : 600), Never)));

        _commit.SetResult();
        await Task.WhenAll(writes);
        Assert.Equal([1, 40, 40, .. Enumerable.Repeat(2, 10)], writer.Commits);
        await writer.StopAsync(Never);
    }

    [Fact]
    public async Task Of_two_rows_with_the_same_id_one_is_new()
    {
        using var writer = new RecordingWriter(WaitForTheTestAsync);
        await writer.StartAsync(Never);
        var blocked = writer.WriteAsync(new Row(Guid.NewGuid()), Never);
        await _underWay.Task;
        var id = Guid.NewGuid();
        var (one, other) = (writer.WriteAsync(new Row(id), Never), writer.WriteAsync(new Row(id), Never));

        _commit.SetResult();
        await blocked;
        Assert.NotEqual(await one, await other);
        Assert.False(await writer.WriteAsync(new Row(id), Never));
        await writer.StopAsync(Never);
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_fails_alone()
    {
        var refused = Guid.NewGuid();
        using var writer = new RecordingWriter(async rows =>
        {
            await WaitForTheTestAsync(rows);
            if (rows.Any(row => row.Id == refused))
            {
                throw new PostgresException("unsupported Unicode escape sequence", "ERROR", "ERROR", PostgresErrorCodes.UntranslatableCharacter);
            }
        });
        await writer.StartAsync(Never);
        var blocked = writer.WriteAsync(new Row(Guid.NewGuid()), Never);
        await _underWay.Task;
        var rows = Enumerable.Range(0, 64).Select(i => new Row(i == 40 ? refused : Guid.NewGuid())).ToList();
        var writes = rows.Select(row => writer.WriteAsync(row, Never)).ToList();

        _commit.SetResult();
        await blocked;
        await Assert.ThrowsAsync<PostgresException>(() => writes[40]);
        writes.RemoveAt(40);
        Assert.All(await Task.WhenAll(writes), Assert.True);
        Assert.Equal(rows.Select(row => row.Id).Where(id => id != refused).Order(), writer.Stored.Order().Intersect(rows.Select(row => row.Id)));
        await writer.StopAsync(Never);
    }

    [Fact]
    public async Task A_deadlock_is_tried_again()
    {
        var attempts = 0;
        using var writer = new RecordingWriter(_ => ++attempts < 3 ? throw new PostgresException("deadlock detected", "ERROR", "ERROR", PostgresErrorCodes.DeadlockDetected) : Task.CompletedTask);
        await writer.StartAsync(Never);
        Assert.True(await writer.WriteAsync(new Row(Guid.NewGuid()), Never));
        Assert.Equal(3, attempts);
        await writer.StopAsync(Never);
    }

    [Fact]
    public async Task A_lost_database_fails_the_rows_of_that_commit_and_no_others()
    {
        var lost = true;
        using var writer = new RecordingWriter(_ => lost ? throw new NpgsqlException("Exception while reading from stream") : Task.CompletedTask);
        await writer.StartAsync(Never);
        await Assert.ThrowsAsync<NpgsqlException>(() => writer.WriteAsync(new Row(Guid.NewGuid()), Never));
        lost = false;
        Assert.True(await writer.WriteAsync(new Row(Guid.NewGuid()), Never));
        await writer.StopAsync(Never);
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(1000, 300 * 1024)]
    public async Task What_waits_is_bounded_in_rows_and_in_bytes_and_more_is_refused_at_once(int rows, int bytes)
    {
        using var writer = new RecordingWriter(WaitForTheTestAsync, options: new() { Concurrency = 1, QueueRows = rows, QueueBytes = 1024 * 1024 });
        await writer.StartAsync(Never);
        var accepted = new List<Task> { writer.WriteAsync(new Row(Guid.NewGuid(), bytes), Never) };
        await _underWay.Task;

        Task? refused = null;
        while (refused is null)
        {
            var write = writer.WriteAsync(new Row(Guid.NewGuid(), bytes), Never);
            if (write.IsFaulted)
            {
                refused = write;
            }
            else
            {
                accepted.Add(write);
            }
        }

        await Assert.ThrowsAsync<WriteQueueFullException>(() => refused);
        Assert.Equal(bytes == 1 ? 10 : 3, accepted.Count);
        Assert.Equal(accepted.Count, writer.Rows);

        _commit.SetResult();
        await Task.WhenAll(accepted);
        await writer.StopAsync(Never);
        Assert.Equal(0, writer.Rows);
    }

    [Fact]
    public async Task A_caller_is_told_in_time_that_the_commit_does_not_come_and_what_was_not_begun_is_not_written()
    {
        var time = new FakeTimeProvider();
        using var writer = new RecordingWriter(WaitForTheTestAsync, time);
        await writer.StartAsync(Never);
        var begun = writer.WriteAsync(new Row(Guid.NewGuid()), Never);
        await _underWay.Task;
        var (late, withdrawn) = (new Row(Guid.NewGuid()), new Row(Guid.NewGuid()));
        var waits = writer.WriteAsync(late, Never);
        using var caller = new CancellationTokenSource();
        var leaves = writer.WriteAsync(withdrawn, caller.Token);

        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<UnconfirmedWriteException>(() => begun); // its commit may still come
        await Assert.ThrowsAsync<TimeoutException>(() => waits);

        _commit.SetResult();
        await writer.StopAsync(Never);
        Assert.Single(writer.Stored);
        Assert.DoesNotContain(late.Id, writer.Stored);
    }

    [Fact]
    public async Task A_stop_writes_everything_that_was_accepted()
    {
        using var writer = new RecordingWriter(WaitForTheTestAsync);
        await writer.StartAsync(Never);
        var writes = Enumerable.Range(0, 50).Select(_ => writer.WriteAsync(new Row(Guid.NewGuid()), Never)).ToList();

        var stopped = writer.StopAsync(Never);
        Assert.False(stopped.IsCompleted);
        _commit.SetResult();
        await stopped;
        Assert.All(await Task.WhenAll(writes), Assert.True);
    }

    private Task WaitForTheTestAsync(IReadOnlyList<Row> rows)
    {
        _underWay.TrySetResult();
        return _commit.Task;
    }
}
