namespace StoryPortal.DataLayer.Database;

/// <summary>What a query may cost: each class has a latency target of its own.</summary>
public enum QueryClass
{
    /// <summary>One table, by key or by an index. Target: p95 below 10 ms.</summary>
    Simple,

    /// <summary>Two or three tables. Target: p95 below 50 ms.</summary>
    Join,

    /// <summary>Counts and sums over many rows. Target: p95 below 100 ms.</summary>
    Aggregate,
}

/// <summary>A statement with the name and class under which its time is measured.</summary>
/// <param name="Name">Stable name, such as <c>agents.get</c>.</param>
/// <param name="Class">What it may cost.</param>
/// <param name="Sql">The text, always the same for the same query: Npgsql prepares it once for each connection.</param>
public sealed record Query(string Name, QueryClass Class, string Sql)
{
    /// <summary>Whether it only reads.</summary>
    public bool IsRead { get; } =
        (Sql.StartsWith("SELECT", StringComparison.Ordinal) || Sql.StartsWith("WITH", StringComparison.Ordinal))
        && !Sql.Contains("INSERT INTO", StringComparison.Ordinal) && !Sql.Contains("UPDATE mcp_documents", StringComparison.Ordinal)
        && !Sql.Contains("DELETE FROM", StringComparison.Ordinal);
}
