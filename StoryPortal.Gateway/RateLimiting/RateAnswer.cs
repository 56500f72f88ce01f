using System.Globalization;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>Whether a request had room in its caller's minute, and what the caller is told of it.</summary>
/// <param name="IsTaken">Whether it had room.</param>
/// <param name="Limit">Requests of a minute.</param>
/// <param name="Remaining">Requests that the caller may still send now.</param>
/// <param name="ResetSeconds">Seconds after which there is room again for a caller that has sent all of them now: <c>RateLimit-Reset</c>, and the <c>Retry-After</c> of a refusal.</param>
internal readonly record struct RateAnswer(bool IsTaken, int Limit, int Remaining, int ResetSeconds)
{
    private const int MostKept = 10_000;

    private static readonly string?[] Texts = new string?[MostKept];

    /// <summary>Whether the request was counted at all.</summary>
    public bool IsKnown => Limit > 0;

    public static RateAnswer Taken(int limit, int remaining, int resetSeconds) => new(true, limit, remaining, resetSeconds);

    public static RateAnswer Refused(int limit, int resetSeconds) => new(false, limit, 0, resetSeconds);

    /// <summary>Writes the RateLimit headers.</summary>
    public void WriteTo(IHeaderDictionary headers)
    {
        headers["RateLimit-Limit"] = Text(Limit);
        headers["RateLimit-Remaining"] = Text(Remaining);
        headers["RateLimit-Reset"] = Text(ResetSeconds);
    }

    /// <summary>A number as text, made once where it is small.</summary>
    public static string Text(int number) => number < MostKept
        ? Texts[number] ??= number.ToString(CultureInfo.InvariantCulture)
        : number.ToString(CultureInfo.InvariantCulture);
}
