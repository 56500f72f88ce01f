using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceHub.Events.Stream;

/// <summary>How events are passed on as they come, section <c>EventStreams</c>.</summary>
public sealed class EventStreamOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "EventStreams";

    /// <summary>Events that wait for one reader at most. Default 1,000.</summary>
    [Range(200, 100_000)]
    public int QueueEvents { get; set; } = 1000;

    /// <summary>Bytes of those events at most, unless a single one has more. Default 16 MiB.</summary>
    [Range(65_536, 1_073_741_824)]
    public int QueueBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Seconds for which everyone waits for a reader that is half a queue behind; then it is cut off. Default 1.</summary>
    [Range(0.01, 60)]
    public double PatienceSeconds { get; set; } = 1;

    /// <summary>Seconds after which the connection of a reader that was cut off is closed if it has not even taken what waited for it. Default 5.</summary>
    [Range(0.01, 600)]
    public double GiveUpSeconds { get; set; } = 5;

    /// <summary>Seconds between the comments by which both ends know that the other is there. Default 15.</summary>
    [Range(0.1, 60)]
    public double HeartbeatSeconds { get; set; } = 15;

    /// <summary>Seconds after which new events are looked for without having been told of any. Default 1.</summary>
    [Range(0.01, 60)]
    public double PollSeconds { get; set; } = 1;
}
