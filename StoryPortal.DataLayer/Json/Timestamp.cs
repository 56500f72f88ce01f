using System.Globalization;

namespace StoryPortal.DataLayer.Json;

/// <summary>Times as the API reads and writes them: ISO 8601 with a zone, kept in UTC and rounded to the microsecond that Postgres keeps.</summary>
public static class Timestamp
{
    private const int LongestText = 40;

    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(3000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The time now, as it will be read back.</summary>
    public static DateTimeOffset Now(TimeProvider time) => Round(time.GetUtcNow());

    /// <summary>Reads a time; <paramref name="error"/> says what to change when that fails.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset value, out string? error)
    {
        value = default;
        if (text.Length is < 17 or > LongestText || text[4] != '-' || text[10] != 'T' || !HasZone(text)
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out value))
        {
            error = "is not an ISO 8601 time with a zone, such as 2026-01-31T12:00:00Z.";
            return false;
        }

        if (value < Earliest || value >= Latest)
        {
            error = "lies outside the years 1900 to 2999.";
            return false;
        }

        value = Round(value);
        error = null;
        return true;
    }

    private static bool HasZone(ReadOnlySpan<char> text) => text[^1] == 'Z' || text[16..].ContainsAny('+', '-');

    private static DateTimeOffset Round(DateTimeOffset value)
    {
        const long Half = TimeSpan.TicksPerMicrosecond / 2;
        return new DateTimeOffset((value.UtcTicks + Half) / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
    }
}
