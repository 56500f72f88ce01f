using System.ComponentModel.DataAnnotations;

namespace StoryPortal.DataLayer.GroupCommit;

/// <summary>How single writes share commits, section <c>GroupCommit</c>.</summary>
public sealed class GroupCommitOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "GroupCommit";

    /// <summary>Rows of one commit at most. Default 1,000.</summary>
    [Range(1, 10_000)]
    public int MostRows { get; set; } = 1000;

    /// <summary>Bytes of one commit at most, unless a single row has more. Default 8 MiB.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MostBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Commits under way at once. Default 2: one is being written while the rows of the next one arrive and leave.</summary>
    [Range(1, 16)]
    public int Concurrency { get; set; } = 2;

    /// <summary>Rows that wait or are being written at most; more are refused with 503. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int QueueRows { get; set; } = 10_000;

    /// <summary>Bytes of those rows at most. Default 64 MiB.</summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int QueueBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Seconds after which a caller hears 503 when the commit has not come. Default 2.</summary>
    [Range(0.1, 60)]
    public double AnswerWithinSeconds { get; set; } = 2;
}
