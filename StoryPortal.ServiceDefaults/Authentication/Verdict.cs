using Microsoft.AspNetCore.Http;

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

    /// <summary>That of a request's key, where it has been verified.</summary>
    /// <remarks>By type and not by <c>Get&lt;T&gt;()</c>, whose shared generic code costs a server several times as much; every request asks.</remarks>
    public static Verdict? Of(HttpContext context) => context.Features[typeof(Verdict)] as Verdict;

    /// <summary>Makes it that of a request.</summary>
    public void RememberFor(HttpContext context) => context.Features[typeof(Verdict)] = this;
}
