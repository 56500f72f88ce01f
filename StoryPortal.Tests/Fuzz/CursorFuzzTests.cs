using System.Text;
using CsCheck;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;

namespace StoryPortal.Tests.Fuzz;

/// <summary>Cursors and times as callers send them back: what is one reads back as it was, what is none is refused.</summary>
public sealed class CursorFuzzTests
{
    private static readonly Gen<string> AnyText = Gen.OneOf(OddTexts.Any(["events"]), Gen.String[Gen.Char['\u0000', '\u007f'], 0, 60], OddTexts.Cursor);

    [Fact]
    public void A_cursor_reads_back_as_it_was_written() =>
        Gen.Select(Gen.Long[0, DateTimeOffset.MaxValue.Ticks], Gen.Guid, Gen.String[Gen.Char['\u0001', '\ud7ff'], 1, 200]).Sample((ticks, id, name) =>
        {
            var time = new TimeCursor(new DateTimeOffset(ticks, TimeSpan.Zero), id);
            Assert.True(TimeCursor.TryParse(time.ToText("events"), "events", out var readTime));
            Assert.Equal(time, readTime);
            Assert.True(NameCursor.TryParse(new NameCursor(name).ToText("services"), "services", out var readName));
            Assert.Equal(name, readName.Name);
        });

    [Fact]
    public void A_cursor_that_is_changed_somewhere_is_refused() =>
        Gen.Select(Gen.Long[0, DateTimeOffset.MaxValue.Ticks], Gen.Guid, Gen.Int[0, 36], Gen.Char).Sample((ticks, id, at, with) =>
        {
            var text = new TimeCursor(new DateTimeOffset(ticks, TimeSpan.Zero), id).ToText("events");
            var changed = text[..at] + with + text[(at + 1)..];
            Assert.Equal(changed == text, TimeCursor.TryParse(changed, "events", out _));
        });

    [Fact]
    public void Any_text_is_read_or_refused() => AnyText.Sample(text =>
    {
        if (TimeCursor.TryParse(text, "events", out var time))
        {
            Assert.Equal(text, time.ToText("events"));
        }

        if (NameCursor.TryParse(text, "services", out var name))
        {
            Assert.DoesNotContain('\0', name.Name);
        }

        if (Timestamp.TryParse(text, out var moment, out var error))
        {
            Assert.InRange(moment.Year, 1900, 2999);
            Assert.Equal(0, moment.UtcTicks % TimeSpan.TicksPerMicrosecond);
        }
        else
        {
            Assert.False(string.IsNullOrWhiteSpace(error));
        }
    }, iter: 5_000);

    [Fact]
    public void What_jsonb_rules_let_through_has_no_text_that_it_cannot_hold() => OddTexts.Any(["x"]).Sample(text =>
    {
        var violation = JsonbRules.Violation(Encoding.UTF8.GetBytes($"{{\"k\":{OddTexts.Json(text)}}}"));
        var holds = !text.Contains('\0') && !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar); // which is what half of a pair counts as
        Assert.Equal(holds, violation is null);
    }, iter: 2_000);
}
