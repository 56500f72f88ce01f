using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Services;

/// <summary>Which instances are to be asked for their health, and what they answered.</summary>
public sealed class HealthPollStore(StoryDatabase database, RegistryWriter writer)
{
    // Whoever takes an instance asks it: the others find it due again an interval later.
    private static readonly Query DuePollsQuery = new("services.due_polls", QueryClass.Simple, QueryAccess.Write, """
        UPDATE mcp_documents.service_instances i SET health_due_at = now() + $1
        FROM (SELECT service_name, id FROM mcp_documents.service_instances
              WHERE health_url IS NOT NULL AND health_due_at <= now() ORDER BY health_due_at LIMIT $2 FOR UPDATE SKIP LOCKED) due
        WHERE i.service_name = due.service_name AND i.id = due.id
        RETURNING i.service_name, i.id, i.health_url, i.health_failures, i.health_failing
        """);

    private static readonly Query AnyQuery = new("services.any_polls", QueryClass.Simple, QueryAccess.Read, """
        SELECT EXISTS (SELECT 1 FROM mcp_documents.service_instances WHERE health_url IS NOT NULL)
        """);

    private static readonly Query PolledQuery = new("services.polled", QueryClass.Join, QueryAccess.Write, $"""
        WITH before AS (
            SELECT status FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2),
        instance AS (
            UPDATE mcp_documents.service_instances SET
                health_failures = CASE WHEN $4 THEN 0 ELSE least(health_failures + 1, $5) END,
                health_failing = NOT $4 AND (health_failing OR health_failures + 1 >= $5)
            WHERE service_name = $1 AND id = $2 AND health_url = $3
            RETURNING *),
        change AS (
            SELECT 'service.' || i.status AS type, i.service_name, i.id, i.url, $6::text AS reason, NULL::text AS actor
            FROM instance i JOIN before b ON b.status <> i.status),
        {RegistryWriter.Tell}
        SELECT (SELECT index FROM moved) FROM instance
        """);

    /// <summary>Takes up to <paramref name="limit"/> instances whose health is due. No other process gets them for <paramref name="interval"/>.</summary>
    public Task<List<HealthPoll>> DuePollsAsync(TimeSpan interval, int limit, CancellationToken cancellationToken) =>
        database.ListAsync(
            DuePollsQuery, [Sql.Interval(interval), Sql.Int(limit)],
            row => new HealthPoll(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4)), cancellationToken);

    /// <summary>Whether there is any instance to be asked, now or later.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        (await database.ListAsync(AnyQuery, [], row => row.GetBoolean(0), cancellationToken)).Single();

    /// <summary>Notes how a poll went; as many failures in a row as <paramref name="mostFailures"/> make the instance critical, a success ends that.</summary>
    /// <param name="poll">The poll.</param>
    /// <param name="failure">What went wrong, or null.</param>
    /// <param name="mostFailures">How many failures in a row make it critical.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PolledAsync(HealthPoll poll, string? failure, int mostFailures, CancellationToken cancellationToken)
    {
        var isNews = failure is null ? poll.Failures > 0 || poll.IsFailing : !poll.IsFailing;
        if (isNews)
        {
            NpgsqlParameter[] parameters =
            [
                Sql.Text(poll.Service), Sql.Text(poll.Instance), Sql.Text(poll.Url), Sql.Bool(failure is null), Sql.Int(mostFailures),
                Sql.Text(failure ?? "healthy"),
            ];
            await writer.ChangeAsync(PolledQuery, parameters, cancellationToken);
        }
    }
}
