using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Members that only the server sets. A client may send them back as it read them; with another value the write is refused.</summary>
internal static class ReadOnlyMembers
{
    /// <summary>Writes; where read-only members were sent, in a transaction that first locks what is stored and compares it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="sent">Whether the client sent a read-only member.</param>
    /// <param name="lockAsync">Reads what is stored, or null, and locks its row. What is not stored yet is not compared: the server sets the members.</param>
    /// <param name="check">Adds an error for every member that differs.</param>
    /// <param name="write">The write.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="InputException">A member differs.</exception>
    public static Task<TResult> WriteAsync<TStored, TResult>(
        StoryDatabase database, bool sent, Func<Task<TStored?>> lockAsync, Action<InputErrors, TStored> check, Func<Task<TResult>> write, CancellationToken cancellationToken)
        where TStored : class => !sent
        ? write()
        : StoryTransaction.RunAsync(database, async () =>
        {
            if (await lockAsync() is { } stored)
            {
                var errors = new InputErrors();
                check(errors, stored);
                errors.ThrowIfAny();
            }

            return await write();
        }, cancellationToken);
}
