namespace StoryPortal.DataLayer.Events;

/// <summary>The hours, of UTC, by which <see cref="EventCounter"/> counts.</summary>
internal static class CountedHour
{
    /// <summary>The beginning of the hour of <paramref name="time"/>.</summary>
    public static DateTimeOffset Of(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>The beginning of the first hour that has begun at <paramref name="time"/> or begins after it.</summary>
    public static DateTimeOffset From(DateTimeOffset time) => Of(time.AddHours(1).AddTicks(-1));
}
