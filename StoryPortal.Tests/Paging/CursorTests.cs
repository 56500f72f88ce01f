using StoryPortal.DataLayer.Paging;

namespace StoryPortal.Tests.Paging;

public sealed class CursorTests
{
    private static readonly TimeCursor Time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Guid.Parse("0189aaaa-0000-7000-8000-000000000001"));

    [Fact]
    public void A_cursor_reads_back_as_it_was_written()
    {
        Assert.True(TimeCursor.TryParse(Time.ToText("events"), "events", out var time));
        Assert.Equal(Time, time);

        var name = new NameCursor("größe-\U0001F600");
        Assert.True(NameCursor.TryParse(name.ToText("services"), "services", out var read));
        Assert.Equal(name, read);
    }

    [Fact]
    public void A_cursor_of_another_list_is_refused()
    {
        Assert.False(TimeCursor.TryParse(Time.ToText("events"), "agents", out _));
        Assert.False(NameCursor.TryParse(new NameCursor("a").ToText("services"), "models", out _));
    }

    [Fact]
    public void A_cursor_with_any_character_changed_is_refused()
    {
        var text = Time.ToText("events");
        for (var i = 0; i < text.Length - 1; i++)
        {
            var changed = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.False(TimeCursor.TryParse(changed, "events", out _), changed);
        }
    }

    [Fact]
    public void A_name_that_no_column_can_hold_is_refused_even_in_a_cursor_that_is_well_made() =>
        Assert.False(NameCursor.TryParse(new NameCursor("a\0b").ToText("services"), "services", out _));

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("\u0000\u0001\ud800")]
    public void Text_that_is_no_cursor_is_refused(string text)
    {
        Assert.False(TimeCursor.TryParse(text, "events", out _));
        Assert.False(NameCursor.TryParse(text, "services", out _));
    }
}
