using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Services;

/// <summary>Which instances are to be asked for their health, and what they answered.</summary>
public sealed class HealthPollStore(StoryDatabase database, RegistryWriter writer)
{
    // An instance that was taken is due again an interval later, for every process. Owners take turns, and so do the hosts of an owner;
    // polls that the process has under way ($3 owners, $4 hosts, $5 numbers) count as turns. Rows are locked afterwards, since FOR UPDATE
    // does not go with window functions.
    private static readonly Query DuePollsQuery = new("services.due_polls", QueryClass.Aggregate, QueryAccess.Write, """
        WITH busy AS (
            SELECT * FROM unnest($3::text[], $4::text[], $5::int[]) AS b (owner, host, polls)),
        busy_owners AS (
            SELECT owner, sum(polls) AS polls FROM busy GROUP BY owner),
        due AS (
            SELECT i.service_name, i.id, i.health_due_at, coalesce(o.owner_id, '') AS owner, coalesce(i.health_host, '') AS host
            FROM mcp_documents.service_instances i LEFT JOIN mcp_documents.service_owners o ON o.service_name = i.service_name
            WHERE i.health_url IS NOT NULL AND i.health_due_at <= now()),
        by_host AS (
            SELECT due.*,
                row_number() OVER (PARTITION BY due.owner, due.host ORDER BY due.health_due_at) + coalesce(busy.polls, 0) AS host_turn
            FROM due LEFT JOIN busy ON busy.owner = due.owner AND busy.host = due.host),
        by_owner AS (
            SELECT by_host.*,
                row_number() OVER (PARTITION BY by_host.owner ORDER BY host_turn, health_due_at)
                    + coalesce(busy_owners.polls, 0) AS owner_turn
            FROM by_host LEFT JOIN busy_owners ON busy_owners.owner = by_host.owner
            WHERE host_turn <= $7),
        chosen AS (
            SELECT service_name, id, owner, host FROM by_owner WHERE owner_turn <= $6 ORDER BY owner_turn, health_due_at LIMIT $2)
        UPDATE mcp_documents.service_instances i SET
            health_due_at = now() + CASE
                WHEN i.health_failing THEN least($1::interval * 2 ^ least(greatest(i.health_failures - $9, 0) + 1, 20), $8::interval) ELSE $1::interval END,
            health_failures = CASE WHEN i.health_failing THEN least(i.health_failures + 1, $9 + 20) ELSE i.health_failures END
        FROM (
            SELECT locked.service_name, locked.id, chosen.owner, chosen.host
            FROM mcp_documents.service_instances locked JOIN chosen ON chosen.service_name = locked.service_name AND chosen.id = locked.id
            WHERE locked.health_due_at <= now() FOR UPDATE OF locked SKIP LOCKED) taken
        WHERE i.service_name = taken.service_name AND i.id = taken.id
        RETURNING i.service_name, i.id, i.health_url, i.health_failures, i.health_failing, taken.owner, taken.host
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

    /// <summary>
    /// Takes up to <paramref name="limit"/> instances whose health is due. No other process gets them until they are due again.
    /// </summary>
    /// <param name="turns">How instances are taken.</param>
    /// <param name="underWay">The polls that this process has under way.</param>
    /// <param name="limit">Instances to take, at most.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task<List<HealthPoll>> DuePollsAsync(
        HealthPollTurns turns, IEnumerable<HealthPoll> underWay, int limit, CancellationToken cancellationToken)
    {
        var busy = underWay.CountBy(poll => (poll.Owner, poll.Host)).ToList();
        NpgsqlParameter[] parameters =
        [
            Sql.Interval(turns.Interval), Sql.Int(limit),
            Sql.Column(busy, pair => pair.Key.Owner, NpgsqlDbType.Text), Sql.Column(busy, pair => pair.Key.Host, NpgsqlDbType.Text),
            Sql.Column(busy, pair => pair.Value, NpgsqlDbType.Integer),
            Sql.Int(turns.PerOwner), Sql.Int(turns.PerHost), Sql.Interval(turns.MaxInterval), Sql.Int(turns.MaxFailures),
        ];
        return database.ListAsync(
            DuePollsQuery, parameters,
            row => new HealthPoll(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4),
                row.GetString(5), row.GetString(6)),
            cancellationToken);
    }

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
