namespace StoryPortal.ServiceHub.Http;

/// <summary>How much one request may bring.</summary>
internal static class BodyLimits
{
    /// <summary>Bytes of one agent, one event and the like: 1 MiB.</summary>
    public const int Single = 1024 * 1024;

    /// <summary>Bytes of a batch: 32 MiB.</summary>
    public const int Batch = 32 * 1024 * 1024;

    /// <summary>Rows of a batch.</summary>
    public const int BatchRows = 50_000;
}
