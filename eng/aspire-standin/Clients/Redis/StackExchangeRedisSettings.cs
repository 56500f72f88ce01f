namespace Aspire.StackExchange.Redis;

/// <summary>How the Redis integration behaves.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>The connection string.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether there is no health check.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Whether there are no traces.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Whether the connection is made when it is first used instead of at the start.</summary>
    public bool DisableAutoActivation { get; set; }
}
