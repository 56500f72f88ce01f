using System.Globalization;
using System.Text;
using CsCheck;
using StoryPortal.DataLayer.Paging;

namespace StoryPortal.Tests.Fuzz;

/// <summary>Texts that break what is not careful, and some that mean something to one endpoint or another.</summary>
internal static class OddTexts
{
    private static readonly string[] Odd =
    [
        "", " ", "\t", "a\0b", "\ud800", "x\udc00y", "\ufeff", "\u202etxt.exe", "e\u0301\u0301\u0301", "\U0001F469\u200d\U0001F4BB", "\u2028", "a\r\nX-Evil: 1", "\u001b[31m",
        "'; DROP TABLE mcp_documents.events; --", "\" OR 1=1 --", "$1", "{0}", "%s%n", "%00", "..", "../../etc/passwd", "a/b", "a\\b", "*", "<script>alert(1)</script>",
        "null", "true", "-1", "0", "1", "1001", "2147483648", "-9223372036854775809", "1e999", "NaN", "Infinity", "0x10", "1,5", "１２",
        "00000000-0000-0000-0000-000000000000", "{0189aaaa-0000-7000-8000-000000000000}", "0189aaaa0000700080000000000000000",
        "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456789+14:00", "2026-02-30T00:00:00Z", "2026-01-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1900-01-01T00:00:00+23:59",
        "http://127.0.0.1:1/health", "http://[::1", "javascript:alert(1)", "events", "minute", "watch", "search", "application/json", "W/\"x\"", "\"", ",", "=", "&", "#", "?", ";",
    ];

    private static readonly string[] Lists = ["agents", "sessions", "events", "quality-scores", "api-requests", "services", "models", "api-keys", "baselines", "load-tests"];

    /// <summary>The ids that bodies and addresses share, so that what one request makes another one finds.</summary>
    public static readonly string[] Ids = [.. Enumerable.Range(1, 8).Select(i => string.Create(CultureInfo.InvariantCulture, $"0189aaaa-0000-7000-8000-{i:x12}"))];

    /// <summary>The names that they share.</summary>
    public static readonly string[] Names = ["alpha", "beta", "gamma.1", "index-report"];

    /// <summary>One of <paramref name="values"/>.</summary>
    public static Gen<T> Of<T>(IReadOnlyList<T> values) => Gen.Int[0, values.Count - 1].Select(i => values[i]);

    /// <summary>A cursor that is well made, of whichever list and to wherever.</summary>
    public static Gen<string> Cursor { get; } = Gen.OneOf(
        Gen.Select(Of(Lists), Gen.Long[0, DateTimeOffset.MaxValue.Ticks], Gen.Guid, (list, ticks, id) => new TimeCursor(new DateTimeOffset(ticks, TimeSpan.Zero), id).ToText(list)),
        Gen.Select(Of(Lists), Gen.String[Gen.Char, 0, 20], (list, name) => new NameCursor(name).ToText(list)));

    /// <summary>Any text: odd, long, random, or one of <paramref name="words"/>.</summary>
    public static Gen<string> Any(IReadOnlyList<string> words) => Gen.Frequency(
        (4, Of(Odd)),
        (2, Of(words)),
        (1, Of(Ids)),
        (1, Cursor),
        (2, Gen.String[Gen.Char, 0, 40]),
        (1, Gen.String[Gen.Char['\ud7f0', '\ue010'], 0, 10]),
        (1, Gen.Int[90, 5000].Select(length => new string('x', length))));

    /// <summary>The text as a JSON string. Escapes alone: so half of a surrogate pair stays what it is.</summary>
    public static string Json(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            json.Append(c is >= ' ' and <= '~' and not '"' and not '\\' ? c : $"\\u{(int)c:x4}");
        }

        return json.Append('"').ToString();
    }

    /// <summary>The text percent-encoded, half of a surrogate pair with the bytes that it would have.</summary>
    public static string Encoded(string text)
    {
        var encoded = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                encoded.Append(Uri.EscapeDataString(rune.ToString()));
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%ED%{0x80 | ((text[i] >> 6) & 0x3f):X2}%{0x80 | (text[i] & 0x3f):X2}");
            }
        }

        return encoded.ToString();
    }
}
