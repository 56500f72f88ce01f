using System.Globalization;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Schema;

namespace StoryPortal.DataLayer.Performance;

/// <summary>What Postgres says of itself.</summary>
public sealed class PostgresDiagnostics(StoryDatabase database)
{
    private const double TicksPerSecond = 100; // of processor time in /proc, on every platform that has it

    private static readonly Query SettingsQuery = new("performance.settings", QueryClass.Simple, QueryAccess.Read,
        "SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])");

    private static readonly Query IndexesQuery = new("performance.indexes", QueryClass.Join, QueryAccess.Read, """
        SELECT wanted.name, i.indisvalid
        FROM unnest($1::text[]) AS wanted (name)
        LEFT JOIN pg_index i ON i.indexrelid = to_regclass('mcp_documents.' || wanted.name)
        WHERE i.indisvalid IS NOT TRUE
        ORDER BY 1
        """);

    private static readonly Query ActivityQuery = new("performance.activity", QueryClass.Simple, QueryAccess.Read, """
        SELECT count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid())::int, count(*)::int
        FROM pg_stat_activity WHERE backend_type = 'client backend'
        """);

    private static readonly Query SessionsQuery = new("performance.sessions", QueryClass.Simple, QueryAccess.Read,
        "SELECT sessions, xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()");

    // The server reads what the kernel says of its own processes: in a container as on this machine, wherever the server lets us ask.
    private static readonly Query ProcessesQuery = new("performance.server_processes", QueryClass.Join, QueryAccess.Read, """
        WITH server AS (SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1) AS pid)
        SELECT pid = (SELECT pid FROM server), pg_read_file('/proc/' || pid || '/status', 0, 8192, true), pg_read_file('/proc/' || pid || '/stat', 0, 8192, true)
        FROM (SELECT pid FROM server UNION SELECT pid::text FROM pg_stat_activity) process
        """);

    private static readonly Query SlowQuery = new("performance.slow_queries", QueryClass.Aggregate, QueryAccess.Read, """
        SELECT queryid, query, calls, mean_exec_time, max_exec_time, total_exec_time, rows
        FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL AND mean_exec_time >= $1
          AND query ~* '^\s*(select|with|insert|update|delete|copy)'
        ORDER BY mean_exec_time DESC, queryid
        LIMIT $2
        """);

    private static readonly Query UnusedIndexesQuery = new("performance.unused_indexes", QueryClass.Join, QueryAccess.Read, """
        SELECT s.indexrelname::text, pg_relation_size(s.indexrelid)
        FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
        WHERE s.schemaname = 'mcp_documents' AND s.idx_scan = 0 AND NOT i.indisunique
        ORDER BY 2 DESC, 1
        """);

    /// <summary>Settings of the server by name.</summary>
    public async Task<Dictionary<string, string>> SettingsAsync(string[] names, CancellationToken cancellationToken) =>
        (await database.ListAsync(SettingsQuery, [Sql.Texts(names)], row => KeyValuePair.Create(row.GetString(0), row.GetString(1)), cancellationToken)).ToDictionary();

    /// <summary>Indexes of the product that are missing (<c>false</c>), or invalid (<c>true</c>).</summary>
    public Task<List<(string Name, bool IsThere)>> BadIndexesAsync(CancellationToken cancellationToken) => database.ListAsync(
        IndexesQuery, [Sql.Texts([.. Indexes.All.Select(index => index.Name)])], row => (row.GetString(0), !row.IsDBNull(1)), cancellationToken);

    /// <summary>How many indexes the product has beside primary keys.</summary>
    public static int IndexCount => Indexes.All.Count;

    /// <summary>Connections that are busy, and all.</summary>
    public async Task<(int Active, int All)> ConnectionsAsync(CancellationToken cancellationToken) =>
        (await database.ListAsync(ActivityQuery, [], row => (row.GetInt32(0), row.GetInt32(1)), cancellationToken)).Single();

    /// <summary>Sessions that were opened, and the transactions in them.</summary>
    public async Task<(long Sessions, long Transactions)> SessionsAsync(CancellationToken cancellationToken) =>
        (await database.ListAsync(SessionsQuery, [], row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken)).Single();

    /// <summary>
    /// Bytes of memory that the server's processes hold, what they share counted once, and the processor time that they and those before them used;
    /// null where the server does not run on Linux, or does not let us ask.
    /// </summary>
    public async Task<(double Memory, TimeSpan Processor)?> ServerAsync(CancellationToken cancellationToken)
    {
        List<(bool IsFirst, string? Status, string? Stat)> processes;
        try
        {
            processes = await database.ListAsync(
                ProcessesQuery, [], row => (row.GetBoolean(0), row.GetStringOrNull(1), row.GetStringOrNull(2)), cancellationToken);
        }
        catch (PostgresException) // refused, or one of them ended while it was looked at
        {
            return null;
        }

        var known = processes.Where(process => process is { Status: not null, Stat: not null }).ToList();
        if (!known.Exists(process => process.IsFirst))
        {
            return null;
        }

        var own = known.Sum(process => Kilobytes(process.Status!, "RssAnon"));
        var shared = known.Max(process => Kilobytes(process.Status!, "RssShmem")) + known.Max(process => Kilobytes(process.Status!, "RssFile"));
        var ticks = known.Sum(process => Ticks(process.Stat!, process.IsFirst));
        return ((own + shared) * 1024, TimeSpan.FromSeconds(ticks / TicksPerSecond));
    }

    /// <summary>The slowest statements, by their mean time; null where the server does not keep them.</summary>
    public async Task<List<SlowQuery>?> SlowQueriesAsync(double leastMs, int most, CancellationToken cancellationToken)
    {
        try
        {
            return await database.ListAsync(
                SlowQuery,
                [Sql.Double(leastMs), Sql.Int(most)],
                row => new SlowQuery(
                    row.GetInt64(0), row.GetString(1), row.GetInt64(2), Math.Round(row.GetDouble(3), 3), Math.Round(row.GetDouble(4), 3), Math.Round(row.GetDouble(5), 3), row.GetInt64(6)),
                cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.ObjectNotInPrerequisiteState)
        {
            return null;
        }
    }

    /// <summary>Indexes that no query has used since the statistics were reset, with their bytes, the largest first.</summary>
    public Task<List<(string Name, long Bytes)>> UnusedIndexesAsync(CancellationToken cancellationToken) =>
        database.ListAsync(UnusedIndexesQuery, [], row => (row.GetString(0), row.GetInt64(1)), cancellationToken);

    private static double Kilobytes(string status, string field)
    {
        var line = status.Split('\n').FirstOrDefault(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(field.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    // Behind the name in parentheses: utime, stime, and, of the first process, those of its children that have ended.
    private static double Ticks(string stat, bool withChildren)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Skip(11).Take(withChildren ? 4 : 2).Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
    }
}
