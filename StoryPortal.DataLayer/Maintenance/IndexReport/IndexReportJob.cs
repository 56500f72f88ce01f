using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Maintenance.IndexReport;

/// <summary>Reports which indexes are used and how much of tables and indexes is air, from Postgres' own statistics: nothing is scanned.</summary>
internal sealed class IndexReportJob(StoryDatabase database, IOptions<IndexReportOptions> options) : IMaintenanceJob
{
    public const string JobName = "index-report";

    // Pages that the rows would fill if they lay side by side, against the pages there are. A row has a header of 24 bytes and a pointer of 4.
    private static readonly Query TablesQuery = new("index_report.tables", QueryClass.Aggregate, QueryAccess.Read, """
        SELECT coalesce(json_agg(json_build_object(
            'table', s.relname, 'bytes', pg_total_relation_size(s.relid), 'rows', s.n_live_tup, 'dead_rows', s.n_dead_tup,
            'bloat_percent', CASE WHEN c.relpages > 0 AND c.reltuples >= 0 AND width.bytes IS NOT NULL THEN round(greatest(
                0, 100 - 100 * ceil(c.reltuples * (28 + width.bytes) / (current_setting('block_size')::int - 24)) / c.relpages)) END,
            'vacuumed_at', greatest(s.last_vacuum, s.last_autovacuum), 'analyzed_at', greatest(s.last_analyze, s.last_autoanalyze))
            ORDER BY s.relname), '[]')::text
        FROM pg_stat_user_tables s
        JOIN pg_class c ON c.oid = s.relid
        CROSS JOIN LATERAL (
            SELECT sum((1 - null_frac) * avg_width) AS bytes FROM pg_stats WHERE schemaname = s.schemaname AND tablename = s.relname) width
        WHERE s.schemaname = 'mcp_documents'
        """);

    // The same for B-trees, whose pages are filled to 90 % at best. An index on an expression has no estimate. Equal keys are stored once, so that
    // an index of few values can hold more than estimated: that is no bloat.
    private static readonly Query IndexesQuery = new("index_report.indexes", QueryClass.Aggregate, QueryAccess.Read, """
        SELECT coalesce(json_agg(json_build_object(
            'index', s.indexrelname, 'table', s.relname, 'bytes', pg_relation_size(s.indexrelid), 'scans', s.idx_scan, 'valid', i.indisvalid,
            'unused', s.idx_scan = 0 AND NOT i.indisunique,
            'bloat_percent', CASE WHEN c.relpages > 1 AND am.amname = 'btree' AND keys.known = i.indnatts THEN round(greatest(
                0, 100 - 100 * ceil(c.reltuples * (12 + keys.bytes) / (0.9 * (current_setting('block_size')::int - 40))) / (c.relpages - 1))) END)
            ORDER BY s.indexrelname), '[]')::text
        FROM pg_stat_user_indexes s
        JOIN pg_index i ON i.indexrelid = s.indexrelid
        JOIN pg_class c ON c.oid = s.indexrelid
        JOIN pg_am am ON am.oid = c.relam
        CROSS JOIN LATERAL (
            SELECT count(*) AS known, sum((1 - p.null_frac) * p.avg_width) AS bytes
            FROM unnest(i.indkey) AS key (number)
            JOIN pg_attribute a ON a.attrelid = s.relid AND a.attnum = key.number
            JOIN pg_stats p ON p.schemaname = s.schemaname AND p.tablename = s.relname AND p.attname = a.attname) keys
        WHERE s.schemaname = 'mcp_documents'
        """);

    private static readonly Query SinceQuery = new("index_report.since", QueryClass.Simple, QueryAccess.Read,
        "SELECT to_json(stats_reset)::text FROM pg_stat_database WHERE datname = current_database()");

    public string Name => JobName;

    public string Schedule => options.Value.Schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        var tables = (await ReadAsync(TablesQuery, cancellationToken))!.AsArray();
        var indexes = (await ReadAsync(IndexesQuery, cancellationToken))!.AsArray();
        var unused = indexes.Where(index => (bool)index!["unused"]!).Select(index => (string)index!["index"]!).ToList();

        return new JobResult(
            $"{tables.Count} tables, {indexes.Count} indexes, {(unused.Count == 0 ? "every index used" : $"never used: {string.Join(", ", unused)}")}",
            new JsonObject { ["counted_since"] = await ReadAsync(SinceQuery, cancellationToken), ["tables"] = tables, ["indexes"] = indexes });
    }

    private async Task<JsonNode?> ReadAsync(Query query, CancellationToken cancellationToken) =>
        JsonNode.Parse((await database.ListAsync(query, [], row => row.GetStringOrNull(0), cancellationToken)).Single() ?? "null");
}
