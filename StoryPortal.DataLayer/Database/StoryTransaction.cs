using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// A transaction that several stores share: while it is current, whatever they read and write belongs to it, and what they do after a write
/// (telling caches and listeners) waits for its commit. Without a commit nothing has happened.
/// </summary>
public sealed class StoryTransaction : IAsyncDisposable
{
    private static readonly AsyncLocal<StoryTransaction?> Ambient = new();

    private readonly StoryDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly List<Func<Task>> _afterCommit = [];
    private volatile bool _isOver;

    private StoryTransaction(StoryDatabase database, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_database, _connection, _transaction) = (database, connection, transaction);

    /// <summary>The transaction of whoever asks, or null.</summary>
    internal static StoryTransaction? Current => Ambient.Value is { _isOver: false } transaction ? transaction : null;

    /// <summary>Its connection, which does one thing at a time.</summary>
    internal NpgsqlConnection Connection => _connection;

    /// <summary>Begins one; nobody's until <see cref="Enter"/>.</summary>
    public static async Task<StoryTransaction> BeginAsync(StoryDatabase database, CancellationToken cancellationToken)
    {
        var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = new StoryTransaction(database, connection, await connection.BeginTransactionAsync(cancellationToken));
            await using var ends = new NpgsqlCommand(BulkUpsert.EndWithItsClient, connection) { CommandTimeout = database.QuickSeconds };
            await ends.ExecuteNonQueryAsync(cancellationToken);
            return transaction;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes it that of the calling method and everything that the method calls.</summary>
    public void Enter() => Ambient.Value = this;

    /// <summary>
    /// Runs <paramref name="work"/> in the current transaction, or in one of its own that is committed afterwards; an exception rolls that one back.
    /// </summary>
    public static async Task<T> RunAsync<T>(StoryDatabase database, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        if (Current is not null)
        {
            return await work();
        }

        await using var transaction = await BeginAsync(database, cancellationToken);
        transaction.Enter();
        var result = await work();
        await transaction.CommitAsync(CancellationToken.None);
        return result;
    }

    /// <summary>Runs <paramref name="action"/> after the commit of the current transaction; at once when there is none.</summary>
    public static Task AfterCommitAsync(Func<Task> action)
    {
        if (Current is not { } transaction)
        {
            return action();
        }

        transaction.AfterCommit(action);
        return Task.CompletedTask;
    }

    /// <summary>Does something as soon as it is committed.</summary>
    internal void AfterCommit(Func<Task> action) => _afterCommit.Add(action);

    /// <summary>Commits the transaction, and then runs the actions that wait for the commit. Returns after Postgres has confirmed it.</summary>
    /// <exception cref="UnconfirmedWriteException">COMMIT was sent, and Postgres did not confirm it.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _database.CommitAsync(_connection, cancellationToken);
        }
        finally
        {
            // The outcome of an unconfirmed commit is unknown: the caches are invalidated in any case.
            _isOver = true;
            foreach (var action in _afterCommit)
            {
                await action();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
