using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.Caching;

/// <summary>How much the gateway keeps, section <c>OutputCache</c>. What is kept, and for how long, the routes say.</summary>
public sealed class OutputCacheOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "OutputCache";

    /// <summary>Answers that are kept of one group. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MostAnswers { get; set; } = 1000;

    /// <summary>Bytes that are kept of one group. Default 64 MiB.</summary>
    [Range(1, int.MaxValue)]
    public int MostBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Bytes of the largest answer that is kept. Default 1 MiB.</summary>
    [Range(1, int.MaxValue)]
    public int LargestBytes { get; set; } = 1024 * 1024;

    /// <summary>Milliseconds without hearing itself through Redis after which a gateway takes it that it hears nobody. Default 500.</summary>
    [Range(50, 60_000)]
    public int SilenceMilliseconds { get; set; } = 500;

    /// <summary>Milliseconds that an answer counts while changes cannot be heard of, because Redis is away. Default 1,000.</summary>
    [Range(1, 60_000)]
    public int AloneMilliseconds { get; set; } = 1000;
}
