using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Services;

/// <summary>The leases of instances: who shows signs of life, and who does not any more.</summary>
public sealed class LeaseStore(StoryDatabase database, RegistryWriter writer)
{
    // When the lease of instance i ends. After an outage everybody has a whole lease to be heard again.
    private const string LeaseEnd = "greatest(i.last_heartbeat_at, (SELECT trusted_since FROM mcp_documents.service_registry WHERE only_row)) + i.lease_seconds * interval '1 second'";

    private static readonly Query HeartbeatQuery = new("services.heartbeat", QueryClass.Simple, QueryAccess.Write, $"""
        UPDATE mcp_documents.service_instances SET last_heartbeat_at = now()
        WHERE service_name = $1 AND id = $2 AND NOT lease_missed AND {RegistryWriter.IsPermitted}
        """);

    private static readonly Query ReviveQuery = new("services.revive", QueryClass.Join, QueryAccess.Write, $"""
        WITH before AS (
            SELECT status FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2),
        instance AS (
            UPDATE mcp_documents.service_instances SET last_heartbeat_at = now(), lease_missed = false
            WHERE service_name = $1 AND id = $2 AND {RegistryWriter.IsPermitted}
            RETURNING *),
        change AS (
            SELECT 'service.passing' AS type, i.service_name, i.id, i.url, 'heartbeat' AS reason, $5::text AS actor
            FROM instance i JOIN before b ON b.status <> i.status),
        {RegistryWriter.Tell}
        SELECT (SELECT index FROM moved) FROM instance
        """);

    // Takes the turn. That nobody has judged for a while means that nobody could tell the registry anything either.
    private static readonly Query JudgeTurnQuery = new("services.judge_turn", QueryClass.Simple, QueryAccess.Write, """
        UPDATE mcp_documents.service_registry SET
            trusted_since = CASE WHEN judged_at < now() - interval '2 seconds' THEN now() ELSE trusted_since END, judged_at = greatest(judged_at, now())
        WHERE only_row
        RETURNING index
        """);

    private static readonly Query JudgeQuery = new("services.judge", QueryClass.Join, QueryAccess.Write, $"""
        WITH missed AS (
            UPDATE mcp_documents.service_instances i SET lease_missed = true
            WHERE NOT i.lease_missed AND {LeaseEnd} <= now()
            RETURNING i.*),
        gone AS (
            DELETE FROM mcp_documents.service_instances i
            WHERE i.lease_missed AND {LeaseEnd} + $1 <= now()
            RETURNING i.*),
        services AS (
            DELETE FROM mcp_documents.services s
            WHERE s.name IN (SELECT service_name FROM gone) AND NOT EXISTS (
                SELECT 1 FROM mcp_documents.service_instances i
                WHERE i.service_name = s.name AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.service_name = i.service_name AND gone.id = i.id))),
        change AS (
            SELECT 'service.critical' AS type, service_name, id, url, 'lease missed' AS reason, NULL::text AS actor FROM missed WHERE NOT health_failing
            UNION ALL
            SELECT 'service.removed', service_name, id, url, 'lease missed', NULL FROM gone),
        {RegistryWriter.Tell}
        SELECT (SELECT index FROM moved), index FROM mcp_documents.service_registry WHERE only_row
        """);

    /// <summary>Renews the lease of an instance. Null when there is none: it has to register again.</summary>
    /// <exception cref="InputException">403: the service belongs to another caller.</exception>
    public async Task<RegistryChange?> HeartbeatAsync(
        string service, string instanceId, RegistryCaller caller, CancellationToken cancellationToken)
    {
        caller.CheckName(service);
        if (await database.ExecuteAsync(HeartbeatQuery, Parameters(), cancellationToken) == 1)
        {
            return RegistryChange.None;
        }

        await writer.CheckOwnerAsync(service, caller, cancellationToken);
        return await writer.ChangeAsync(ReviveQuery, [.. Parameters(), Sql.Text(caller.Actor)], cancellationToken);

        NpgsqlParameter[] Parameters() => [Sql.Text(service), Sql.Text(instanceId), Sql.Text(caller.Id), Sql.Bool(caller.IsAdmin)];
    }

    /// <summary>
    /// Makes critical whoever has missed its lease, and removes whoever has done so for <paramref name="removeAfter"/>. Several processes may ask,
    /// and the one that finds something tells all. Leases are judged by the time in which they could have been renewed: after a gap of more than
    /// two seconds, in which the database or every hub was away, each instance has a whole lease to be heard again.
    /// </summary>
    /// <returns>The registry's index, whoever moved it.</returns>
    public async Task<long> JudgeAsync(TimeSpan removeAfter, CancellationToken cancellationToken)
    {
        var judged = await writer.ChangeAsync(
            JudgeTurnQuery, JudgeQuery, [Sql.Interval(removeAfter)], row => new Judgement(row.GetLongOrNull(0), row.GetInt64(1)), cancellationToken);
        return judged!.Index ?? judged.IndexBefore;
    }

    private sealed record Judgement(long? Index, long IndexBefore) : RegistryChange(Index);
}
