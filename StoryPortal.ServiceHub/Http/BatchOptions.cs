using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceHub.Http;

/// <summary>How many batches a hub works on, section <c>Batches</c>.</summary>
public sealed class BatchOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Batches";

    /// <summary>Batches that are read and written at the same time. Default 4: each may take 32 MiB as it comes, and several times that while it is parsed.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 4;

    /// <summary>Seconds that a batch waits for its turn before it is answered 503. Default 2.</summary>
    [Range(0.01, 60)]
    public double WaitSeconds { get; set; } = 2;
}
