namespace Aspire.Npgsql;

/// <summary>How the Npgsql integration behaves.</summary>
public sealed class NpgsqlSettings
{
    /// <summary>The connection string.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether there is no health check.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Whether there are no traces.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Whether there are no metrics.</summary>
    public bool DisableMetrics { get; set; }
}
