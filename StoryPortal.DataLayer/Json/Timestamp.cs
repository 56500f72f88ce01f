using System.Globalization;

namespace StoryPortal.DataLayer.Json;

/// <summary>Times as the API reads and writes them: <c>date-time</c> of RFC 3339, kept in UTC and rounded to the microsecond that Postgres keeps.</summary>
public static class Timestamp
{
    private const int FractionAt = 19;

    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(3000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The time now, as it will be read back.</summary>
    public static DateTimeOffset Now(TimeProvider time) => Round(time.GetUtcNow());

    /// <summary>Reads a <c>date-time</c> of RFC 3339, section 5.6; <paramref name="error"/> says what to change when that fails.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset value, out string? error)
    {
        value = default;
        if (!TryReadTicks(text, out var ticks))
        {
            error = "is not a time of RFC 3339 with a zone, such as 2026-01-31T12:00:00Z.";
            return false;
        }

        if (ticks < Earliest.Ticks || ticks >= Latest.Ticks)
        {
            error = "lies outside the years 1900 to 2999.";
            return false;
        }

        value = Round(new DateTimeOffset(ticks, TimeSpan.Zero));
        error = null;
        return true;
    }

    // DateTimeOffset.TryParse takes more than RFC 3339 (+0000, a comma, no seconds) and less (lower case, leap seconds, long fractions).
    private static bool TryReadTicks(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        if (text.Length <= FractionAt || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't') || text[13] != ':' || text[16] != ':'
            || !TryReadNumber(text[..4], out var year) || !TryReadNumber(text[5..7], out var month) || !TryReadNumber(text[8..10], out var day)
            || !TryReadNumber(text[11..13], out var hour) || !TryReadNumber(text[14..16], out var minute) || !TryReadNumber(text[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60
            || !TryReadFraction(text[FractionAt..], out var fraction, out var zone) || !TryReadOffset(zone, out var offset))
        {
            return false;
        }

        var minuteInUtc = new DateTime(year, month, day, hour, minute, 0).Ticks - offset;
        ticks = minuteInUtc + (second * TimeSpan.TicksPerSecond) + fraction;
        return second < 60 || IsLeapMinute(minuteInUtc);
    }

    // A leap second is the last one of a month in UTC; PostgreSQL too keeps it as the first moment of the next minute.
    private static bool IsLeapMinute(long minute) =>
        minute >= Earliest.Ticks && minute < Latest.Ticks && new DateTime(minute).AddMinutes(1) is { Day: 1, TimeOfDay.Ticks: 0 };

    private static bool TryReadFraction(ReadOnlySpan<char> text, out long ticks, out ReadOnlySpan<char> rest)
    {
        ticks = 0;
        rest = text;
        if (text[0] != '.')
        {
            return true;
        }

        var digits = text[1..];
        var length = digits.IndexOfAnyExceptInRange('0', '9');
        if (length < 1)
        {
            return false;
        }

        for (var (i, unit) = (0, TimeSpan.TicksPerSecond / 10); i < length && unit > 0; i++, unit /= 10)
        {
            ticks += (digits[i] - '0') * unit;
        }

        rest = digits[length..];
        return true;
    }

    private static bool TryReadOffset(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        if (text is "Z" or "z")
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':'
            || !TryReadNumber(text[1..3], out var hours) || !TryReadNumber(text[4..], out var minutes) || hours > 23 || minutes > 59)
        {
            return false;
        }

        ticks = ((hours * TimeSpan.TicksPerHour) + (minutes * TimeSpan.TicksPerMinute)) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static DateTimeOffset Round(DateTimeOffset value)
    {
        const long Half = TimeSpan.TicksPerMicrosecond / 2;
        return new DateTimeOffset((value.UtcTicks + Half) / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
    }
}
