using System.ComponentModel.DataAnnotations;

namespace StoryPortal.DataLayer.Database;

/// <summary>How a process uses Postgres, section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Database";

    /// <summary>
    /// Connections at most. Default 24 for a hub and 8 for the worker: all processes together stay below 50, and more than about twice the
    /// cores of the database server only wait for each other.
    /// </summary>
    [Range(1, 90)]
    public int? MaxPoolSize { get; set; }

    /// <summary>
    /// Statements that a connection keeps prepared. Default 64, more than the product has, so that each is planned once; 0 behind a pooler that
    /// gives each transaction another connection.
    /// </summary>
    [Range(0, 1000)]
    public int PreparedStatements { get; set; } = 64;

    /// <summary>Seconds to wait for a connection. Default 2: a caller hears 503 rather than wait for a database that is away.</summary>
    [Range(1, 60)]
    public int ConnectTimeoutSeconds { get; set; } = 2;

    /// <summary>
    /// Seconds that a query by key or index may take. Default 2, some hundred times what it should: then the database is away, and the caller
    /// hears 503.
    /// </summary>
    [Range(1, 600)]
    public int QuickCommandTimeoutSeconds { get; set; } = 2;

    /// <summary>Seconds that a query over many rows, or a batch, may take. Default 15.</summary>
    [Range(1, 600)]
    public int CommandTimeoutSeconds { get; set; } = 15;
}
