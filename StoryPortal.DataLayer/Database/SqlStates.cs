using System.Collections.Frozen;

namespace StoryPortal.DataLayer.Database;

/// <summary>What an error of Postgres means for the caller of a request.</summary>
internal enum DatabaseFailure
{
    /// <summary>A fault of this product: 500.</summary>
    Bug,

    /// <summary>The database cannot serve requests at present: 503 with Retry-After.</summary>
    Outage,

    /// <summary>The database takes reads and no writes at present: 503 with Retry-After.</summary>
    ReadOnly,

    /// <summary>The database ended this statement, and the same statement may succeed later: 503 with Retry-After.</summary>
    Retry,

    /// <summary>A value that the database cannot store: 400.</summary>
    InvalidValue,

    /// <summary>A contradiction to what is stored: 409.</summary>
    Conflict,
}

/// <summary>The meaning of one SQLSTATE, or of a class of them.</summary>
/// <param name="Failure">What the error means for the caller.</param>
/// <param name="DiscardsPool">Whether every pooled session would fail alike, and new ones may not.</param>
/// <param name="IsUnconfirmed">Whether a write that ends so may be stored all the same.</param>
internal readonly record struct SqlStateMeaning(DatabaseFailure Failure, bool DiscardsPool = false, bool IsUnconfirmed = false);

/// <summary>What each SQLSTATE means: the classes of appendix A of the PostgreSQL manual, and the codes that differ from their class.</summary>
internal static class SqlStates
{
    private const int ClassLength = 2;

    private static readonly SqlStateMeaning Bug = new(DatabaseFailure.Bug);
    private static readonly SqlStateMeaning Outage = new(DatabaseFailure.Outage);
    private static readonly SqlStateMeaning Lost = new(DatabaseFailure.Outage, IsUnconfirmed: true);
    private static readonly SqlStateMeaning Stale = new(DatabaseFailure.Outage, DiscardsPool: true);
    private static readonly SqlStateMeaning Retry = new(DatabaseFailure.Retry);
    private static readonly SqlStateMeaning InvalidValue = new(DatabaseFailure.InvalidValue);
    private static readonly SqlStateMeaning Conflict = new(DatabaseFailure.Conflict);

    private static readonly FrozenDictionary<string, SqlStateMeaning> Meanings = new Dictionary<string, SqlStateMeaning>
    {
        ["00"] = Bug, // successful completion
        ["01"] = Bug, // warning
        ["02"] = Bug, // no data
        ["03"] = Bug, // SQL statement not yet complete
        ["08"] = Lost, // connection exception; poolers report theirs with this class
        ["09"] = Bug, // triggered action exception
        ["0A"] = Bug, // feature not supported
        ["0B"] = Bug, // invalid transaction initiation
        ["0F"] = Bug, // locator exception
        ["0L"] = Bug, // invalid grantor
        ["0P"] = Bug, // invalid role specification
        ["0Z"] = Bug, // diagnostics exception
        ["10"] = Bug, // XQuery error
        ["20"] = Bug, // case not found
        ["21"] = Bug, // cardinality violation
        ["22"] = InvalidValue, // data exception
        ["23"] = Conflict, // integrity constraint violation
        ["23502"] = InvalidValue, // not null violation
        ["23514"] = InvalidValue, // check violation
        ["24"] = Bug, // invalid cursor state
        ["25"] = Bug, // invalid transaction state
        ["25006"] = new(DatabaseFailure.ReadOnly, DiscardsPool: true), // read-only transaction: the old primary after a failover
        ["25P03"] = Retry, // idle_in_transaction_session_timeout
        ["25P04"] = Retry, // transaction_timeout
        ["26"] = Stale, // a prepared statement is unknown: a pooler has changed the server behind the session
        ["27"] = Bug, // triggered data change violation
        ["28"] = Outage, // invalid authorization: a password that was changed, pg_hba.conf
        ["2B"] = Bug, // dependent privilege descriptors still exist
        ["2D"] = Bug, // invalid transaction termination
        ["2F"] = Bug, // SQL routine exception
        ["34"] = Bug, // invalid cursor name
        ["38"] = Bug, // external routine exception
        ["39"] = Bug, // external routine invocation exception
        ["3B"] = Bug, // savepoint exception
        ["3D"] = Outage, // the database does not exist: a restore is under way
        ["3F"] = Outage, // the schema does not exist: the worker has not applied the migrations
        ["40"] = Retry, // transaction rollback: serialization failure, deadlock
        ["40003"] = Lost, // statement completion unknown
        ["42"] = Bug, // syntax error or access rule violation
        ["42P01"] = Outage, // the table does not exist: the worker has not applied the migrations
        ["44"] = InvalidValue, // WITH CHECK OPTION violation
        ["53"] = Outage, // insufficient resources: disk, memory, connections
        ["54"] = InvalidValue, // program limit exceeded
        ["55"] = Bug, // object not in prerequisite state
        ["55000"] = Outage, // the database does not accept connections, a recovery is under way
        ["55006"] = Retry, // object in use
        ["55P03"] = Retry, // lock not available
        ["57"] = Outage, // operator intervention
        ["57014"] = Retry, // query canceled
        ["57P01"] = Lost, // admin shutdown; the session may have ended after its commit, while it waited for a standby
        ["57P02"] = Lost, // crash shutdown
        ["57P05"] = Lost, // idle_session_timeout
        ["58"] = Outage, // system error: I/O
        ["72"] = Retry, // snapshot too old
        ["F0"] = Outage, // configuration file error
        ["HV"] = Bug, // foreign data wrapper error
        ["P0"] = Bug, // PL/pgSQL error
        ["XX"] = Bug, // internal error, corrupted data
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The meaning of <paramref name="sqlState"/>; of a class that the manual does not list, a fault of this product.</summary>
    public static SqlStateMeaning Get(string sqlState) =>
        Meanings.TryGetValue(sqlState, out var meaning)
        || (sqlState.Length > ClassLength && Meanings.TryGetValue(sqlState[..ClassLength], out meaning)) ? meaning : Bug;

    /// <summary>Whether the table lists the class of <paramref name="sqlState"/>.</summary>
    public static bool IsListed(string sqlState) => Meanings.ContainsKey(sqlState[..ClassLength]);
}
