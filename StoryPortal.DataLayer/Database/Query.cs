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

/// <summary>
/// Whether a statement only reads. What a read-only transaction of Postgres refuses is a write, FOR UPDATE and functions that write included;
/// so is an advisory lock.
/// </summary>
public enum QueryAccess
{
    /// <summary>The statement runs in a read-only transaction, and locks nothing.</summary>
    Read,

    /// <summary>The statement changes or locks rows, or takes an advisory lock.</summary>
    Write,
}

/// <summary>A statement with the name and class under which its time is measured.</summary>
/// <param name="Name">Stable name, such as <c>agents.get</c>.</param>
/// <param name="Class">What the statement may cost.</param>
/// <param name="Access">Whether the statement reads or writes.</param>
/// <param name="Sql">The text, always the same for the same query: Npgsql prepares it once for each connection.</param>
public sealed record Query(string Name, QueryClass Class, QueryAccess Access, string Sql)
{
    /// <summary>Whether the statement only reads.</summary>
    public bool IsRead => Access == QueryAccess.Read;
}
