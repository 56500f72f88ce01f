namespace StoryPortal.ServiceDefaults;

/// <summary>How much one request may bring: the gateway and the hub agree on it.</summary>
public static class BodyLimits
{
    /// <summary>Bytes of one agent, one event and the like: 1 MiB.</summary>
    public const int Document = 1024 * 1024;

    /// <summary>Bytes of a batch of requests: 4 MiB.</summary>
    public const int Requests = 4 * 1024 * 1024;

    /// <summary>Bytes of a batch, the largest body there is: 32 MiB.</summary>
    public const int Batch = 32 * 1024 * 1024;

    /// <summary>Rows of a batch.</summary>
    public const int BatchRows = 50_000;
}
