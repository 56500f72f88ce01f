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

    /// <summary>Batches of requests that are worked on at the same time, each of them on up to 16 of its requests. Default 16.</summary>
    [Range(1, 1000)]
    public int RequestConcurrency { get; set; } = 16;

    /// <summary>Seconds that a batch waits for its turn before it is answered 503. Default 2.</summary>
    [Range(0.01, 60)]
    public double WaitSeconds { get; set; } = 2;
}
