using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceHub.Services.Health;

/// <summary>How hubs ask the health URLs of instances, section <c>HealthPolls</c>.</summary>
public sealed class HealthPollOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "HealthPolls";

    /// <summary>Seconds between two polls of an instance, whichever hub makes them. Default 10.</summary>
    [Range(1, 3600)]
    public int IntervalSeconds { get; set; } = 10;

    /// <summary>Seconds in which an answer must have begun. Default 3.</summary>
    [Range(0.1, 60)]
    public double TimeoutSeconds { get; set; } = 3;

    /// <summary>Failures in a row that make an instance critical. Default 3.</summary>
    [Range(1, 100)]
    public int Failures { get; set; } = 3;

    /// <summary>Polls that a hub has under way at the same time. Default 64.</summary>
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 64;

    /// <summary>Of these, polls of instances of one owner, at most; owners take turns. Default 16.</summary>
    [Range(1, 1000)]
    public int ConcurrencyPerOwner { get; set; } = 16;

    /// <summary>Of these, polls of one host of an owner, at most; an owner's hosts take turns. Default 8.</summary>
    [Range(1, 1000)]
    public int ConcurrencyPerHost { get; set; } = 8;

    /// <summary>
    /// Time between two polls of a failing instance, at most: it begins at twice the interval and doubles with each poll. Default 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether addresses of loopback and private networks may be asked. Default: in Development only. Turn it on where services live in such a
    /// network, and whoever may register services may also know which of its addresses answer.
    /// </summary>
    public bool? PrivateAddresses { get; set; }
}
