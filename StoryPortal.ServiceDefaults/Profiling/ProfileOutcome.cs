using System.Text.Json.Serialization;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>What came of a request for a profile.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Detail">Why there is no profile, and what to do.</param>
/// <param name="Profile">The profile.</param>
public sealed record ProfileOutcome(ProfileStatus Status, string? Detail = null, Profile? Profile = null)
{
    /// <summary>The profile's file, compressed with gzip, in the process that made it; others read it from <see cref="ProfileFiles"/>.</summary>
    [JsonIgnore]
    public byte[]? File { get; init; }
}

/// <summary>How a request for a profile ended.</summary>
public enum ProfileStatus
{
    /// <summary>There is a profile.</summary>
    Done,

    /// <summary>The process is being profiled already.</summary>
    UnderWay,

    /// <summary>The process cannot be profiled as it runs, or does not answer.</summary>
    Unavailable,
}
