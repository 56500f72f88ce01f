using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceHub.Http;

/// <summary>How many batches a hub works on, section <c>Batches</c>.</summary>
public sealed class BatchOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Batches";

    /// <summary>Batches that are parsed and written at the same time. Default 4: each may take several times its 32 MiB.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 4;

    /// <summary>Batches of requests that are worked on at the same time, each of them on up to 16 of its requests. Default 16.</summary>
    [Range(1, 1000)]
    public int RequestConcurrency { get; set; } = 16;

    /// <summary>Seconds that a batch waits for its turn before it gets 503. Default 2.</summary>
    [Range(0.01, 60)]
    public double WaitSeconds { get; set; } = 2;

    /// <summary>
    /// Batches of each kind that are received, wait or are worked on, at most; one caller has no more than it leaves free. Default 64:
    /// of each up to 1 MiB is in memory before its turn, the rest in a temporary file.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxReceived { get; set; } = 64;

    /// <summary>
    /// Bytes of all batches of a kind together, at most; one caller has no more than it leaves free. Default 224 MiB: the temporary files of both
    /// kinds fit into the 512 MiB that Compose gives them.
    /// </summary>
    [Range(64L * 1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long MaxReceivedBytes { get; set; } = 224L * 1024 * 1024;

    /// <summary>
    /// Bytes a second that a batch has to arrive with, after <see cref="GracePeriod"/>; a slower one gets 408. Default 4,096.
    /// </summary>
    [Range(1, 1_000_000_000)]
    public int MinBytesPerSecond { get; set; } = 4096;

    /// <summary>
    /// Time beyond that of <see cref="MinBytesPerSecond"/> in which a batch has to arrive. Default 15 s, longer than the gateway's.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(15);
}
