namespace StoryPortal.Generator;

/// <summary>The last days, minute by minute: busy in the afternoon, quiet at night and at weekends.</summary>
internal sealed class Calendar
{
    private static readonly TimeSpan Length = TimeSpan.FromDays(30);

    private readonly DateTime _start;
    private readonly WeightedChoice _minutes;

    /// <summary>The days that end at <paramref name="end"/>.</summary>
    public Calendar(DateTimeOffset end)
    {
        _start = (end - Length).UtcDateTime;
        _minutes = new WeightedChoice(Enumerable.Range(0, (int)Length.TotalMinutes).Select(minute => Weight(_start.AddMinutes(minute))));
    }

    /// <summary>The time before which <paramref name="share"/> (0 to 1) of everything happened.</summary>
    public DateTime At(double share) => _start.AddMicroseconds((long)(_minutes.At(share) * 60_000_000));

    // Highest at 15:00 UTC, lowest at 3:00.
    private static double Weight(DateTime time)
    {
        var day = 1 - 0.8 * Math.Cos((time.TimeOfDay.TotalHours - 3) / 24 * Math.Tau);
        return time.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? day * 0.4 : day;
    }
}
