namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>What verifying a presented key came to.</summary>
/// <param name="Key">The key, when it is valid.</param>
/// <param name="Unavailable">Whether it could not be found out: the key store does not answer and the key was never seen before.</param>
public sealed record Verdict(KnownKey? Key, bool Unavailable = false)
{
    /// <summary>No such key.</summary>
    public static Verdict Unknown { get; } = new((KnownKey?)null);

    /// <summary>Nobody can say.</summary>
    public static Verdict CannotTell { get; } = new(null, Unavailable: true);
}
