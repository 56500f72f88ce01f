using StoryPortal.DataLayer.Json;

namespace StoryPortal.Tests.Json;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z")]
    [InlineData("2026-01-31t12:00:00z", "2026-01-31T12:00:00.000000Z")]
    [InlineData("2026-01-31T12:00:00.5-00:00", "2026-01-31T12:00:00.500000Z")]
    [InlineData("2026-01-31T12:00:00.1234564999999999999999999999999Z", "2026-01-31T12:00:00.123456Z")]
    [InlineData("2026-01-31T00:30:00+23:59", "2026-01-30T00:31:00.000000Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z")]
    [InlineData("2017-01-01T08:59:60.25+09:00", "2017-01-01T00:00:00.250000Z")]
    [InlineData("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z")]
    [InlineData("2013-04-29T22:21:27+03:00", "2013-04-29T19:21:27.000000Z")]
    [InlineData("2026-01-31T23:59:59.9999996Z", "2026-02-01T00:00:00.000000Z")]
    [InlineData("1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000000Z")]
    public void Times_are_kept_in_utc_and_rounded_to_the_microsecond(string text, string expected)
    {
        Assert.True(Timestamp.TryParse(text, out var value, out _));
        Assert.Equal(expected, value.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T12:00:00")]
    [InlineData("2026-01-31 12:00:00Z")]
    [InlineData("01/31/2026T12:00:00Z")]
    [InlineData("2026-02-30T12:00:00Z")]
    [InlineData("2026-01-31T12:00Z")]
    [InlineData("2026-01-31T12:00:00+0000")]
    [InlineData("2026-01-31T12:00:00+00")]
    [InlineData("2026-01-31T12:00:00+24:00")]
    [InlineData("2026-01-31T12:00:00+01:60")]
    [InlineData("2026-01-31T12:00:00,5Z")]
    [InlineData("2026-01-31T12:00:00.Z")]
    [InlineData("2026-01-31T12:00:00 Z")]
    [InlineData("2026-01-31T12:00:00Z ")]
    [InlineData(" 2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00ZZ")]
    [InlineData("2026-01-31T12:00:00GMT")]
    [InlineData("2026-01-31T24:00:00Z")]
    [InlineData("2026-01-31T12:60:00Z")]
    [InlineData("2026-01-31T12:00:61Z")]
    [InlineData("2026-01-31T12:00:60Z")]
    [InlineData("2026-01-15T23:59:60Z")]
    [InlineData("2026-13-01T12:00:00Z")]
    [InlineData("2026-1-31T12:00:00.0Z")]
    [InlineData("2026-01-31T12:00:+1Z")]
    [InlineData("٢٠٢٦-01-31T12:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+23:59")]
    [InlineData("9999-12-31T23:59:60-23:59")]
    [InlineData("99999-01-01T00:00:00Z")]
    [InlineData("3000-01-01T00:00:00Z")]
    [InlineData("1899-12-31T23:59:59Z")]
    public void Anything_else_is_refused_with_a_reason(string text)
    {
        Assert.False(Timestamp.TryParse(text, out _, out var error));
        Assert.NotNull(error);
    }
}
