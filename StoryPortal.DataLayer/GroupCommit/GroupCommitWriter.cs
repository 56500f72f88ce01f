using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.GroupCommit;

/// <summary>
/// Lets single writes share commits: while a commit is under way, the rows that arrive gather for the next one. Every caller is answered after the
/// commit of its row. One row that the database refuses fails alone.
/// </summary>
/// <typeparam name="TRow">What is written.</typeparam>
public abstract partial class GroupCommitWriter<TRow> : BackgroundService
{
    private const int MostAttempts = 5;

    // Beside the time that requests have to end. A commit that takes longer is given up by its own time limit.
    private static readonly TimeSpan LastCommits = TimeSpan.FromSeconds(1.5);

    private static readonly ActivitySource Activities = new(TelemetryNames.Prefix + "DataLayer");

    private readonly Channel<PendingWrite<TRow>> _queue = Channel.CreateUnbounded<PendingWrite<TRow>>();
    private readonly string _name;
    private readonly GroupCommitOptions _options;
    private readonly TimeSpan _answerWithin;
    private readonly GroupCommitMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private int _rows;
    private long _bytes;

    /// <summary>A writer of <paramref name="name"/>, such as <c>events</c>.</summary>
    protected GroupCommitWriter(string name, IOptions<GroupCommitOptions> options, GroupCommitMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_name, _options, _metrics, _time, _logger) = (name, options.Value, metrics, time, logger);
        _answerWithin = TimeSpan.FromSeconds(_options.AnswerWithinSeconds);
    }

    /// <summary>Rows that wait or are being written.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Writes a row together with others that arrive meanwhile; returns after the commit whether it is new.</summary>
    /// <exception cref="WriteQueueFullException">Too many rows wait.</exception>
    /// <exception cref="TimeoutException">The row waited for too long, and will not be written.</exception>
    /// <exception cref="UnconfirmedWriteException">The row was sent, and its commit was not confirmed in time: the row may be stored.</exception>
    /// <exception cref="NpgsqlException">The database refused the row, or cannot be reached.</exception>
    public async Task<bool> WriteAsync(TRow row, CancellationToken cancellationToken)
    {
        // Part of a transaction, it cannot share the commit of others.
        if (StoryTransaction.Current is not null)
        {
            return (await InsertAsync([row])).Count == 1;
        }

        var pending = new PendingWrite<TRow>(row, IdOf(row), BytesOf(row));
        if (!TryReserve(pending.Bytes))
        {
            throw new WriteQueueFullException(_name);
        }

        _queue.Writer.TryWrite(pending); // refused only after the end of all requests

        try
        {
            return await pending.Task.WaitAsync(_answerWithin, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            pending.Withdraw();
            throw;
        }
        catch (TimeoutException exception) when (!pending.Withdraw())
        {
            throw new UnconfirmedWriteException($"The shared commit of {_name} did not end within {_answerWithin.TotalSeconds:0.#} s.", exception);
        }
    }

    /// <summary>Ends when everything that was accepted is written: requests are served no more when this is called.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        try
        {
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(LastCommits, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            LogUnwritten(_logger, _name, Rows);
        }

        await base.StopAsync(cancellationToken);
    }

    /// <summary>The id by which a row that is there already is recognised.</summary>
    protected abstract Guid IdOf(TRow row);

    /// <summary>About how much memory a row takes.</summary>
    protected abstract int BytesOf(TRow row);

    /// <summary>Writes rows in one statement and one commit, leaving out those whose id is there; returns the ids that are new.</summary>
    protected abstract Task<HashSet<Guid>> InsertAsync(IReadOnlyList<TRow> rows);

    /// <inheritdoc/>
    /// <remarks>Not ended by the stopping token: what was accepted is written first.</remarks>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, _options.Concurrency).Select(_ => Task.Run(FlushAllAsync, CancellationToken.None)));

    private async Task FlushAllAsync()
    {
        var rows = new List<PendingWrite<TRow>>(_options.MostRows);
        while (await _queue.Reader.WaitToReadAsync())
        {
            Take(rows);
            if (rows.Count > 0)
            {
                // By id: statements with the same rows lock them in the same order.
                rows.Sort(static (left, right) => left.Id.CompareTo(right.Id));
                await FlushAsync(rows);
                rows.ForEach(row => Release(row.Bytes));
                rows.Clear();
            }
        }
    }

    private void Take(List<PendingWrite<TRow>> rows)
    {
        var bytes = 0;
        while (rows.Count < _options.MostRows && bytes < _options.MostBytes && _queue.Reader.TryRead(out var row))
        {
            if (row.TryTake())
            {
                rows.Add(row);
                bytes += row.Bytes;
            }
            else
            {
                Release(row.Bytes);
            }
        }
    }

    private async Task FlushAsync(List<PendingWrite<TRow>> rows)
    {
        using var activity = StartActivity(rows);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var created = await InsertAsync(rows.ConvertAll(static row => row.Row));
                _metrics.Written(_name, rows.Count);
                rows.ForEach(row => row.TrySetResult(created.Remove(row.Id))); // of rows with the same id the first is the new one
                return;
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < MostAttempts)
            {
                LogRetry(_logger, _name, exception.SqlState);
            }
            catch (PostgresException exception) when (IsDataError(exception.SqlState) && rows.Count > 1)
            {
                var half = rows.Count / 2;
                await FlushAsync(rows.GetRange(0, half));
                await FlushAsync(rows.GetRange(half, rows.Count - half));
                return;
            }
            catch (Exception exception) // whatever it is belongs to the callers, and must not end the writer
            {
                activity?.SetStatus(ActivityStatusCode.Error);
                rows.ForEach(row => row.TrySetException(exception));
                return;
            }
        }
    }

    // The commit belongs to the first request's trace and is linked with those of the others.
    private Activity? StartActivity(List<PendingWrite<TRow>> rows)
    {
        var requests = rows.Select(static row => row.Request).Where(static request => request is { Recorded: true }).ToList();
        if (requests.Count == 0)
        {
            return null;
        }

        var activity = Activities.StartActivity(
            $"{_name}.flush", ActivityKind.Internal, requests[0]!.Context, links: requests.Skip(1).Select(static request => new ActivityLink(request!.Context)));
        activity?.SetTag("rows", rows.Count);
        return activity;
    }

    // Class 22: a value out of range; class 23: a constraint; 54000: beyond a limit of the server.
    private static bool IsDataError(string state) =>
        state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal) || state == PostgresErrorCodes.ProgramLimitExceeded;

    private bool TryReserve(int bytes)
    {
        var rows = Interlocked.Increment(ref _rows);
        if (Interlocked.Add(ref _bytes, bytes) <= _options.QueueBytes && rows <= _options.QueueRows)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    private void Release(int bytes)
    {
        Interlocked.Decrement(ref _rows);
        Interlocked.Add(ref _bytes, -bytes);
    }

    [LoggerMessage(2, LogLevel.Warning, "{Name} stops although {Rows} rows are not written: the database takes too long. Nobody was told that they are")]
    private static partial void LogUnwritten(ILogger logger, string name, int rows);

    [LoggerMessage(1, LogLevel.Warning, "A commit of {Name} is tried again ({SqlState})")]
    private static partial void LogRetry(ILogger logger, string name, string sqlState);
}
