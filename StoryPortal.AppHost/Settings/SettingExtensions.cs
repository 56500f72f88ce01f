using System.Globalization;

namespace StoryPortal.AppHost.Settings;

/// <summary>Reads the AppHost's own settings, and refuses by name what means nothing.</summary>
internal static class SettingExtensions
{
    /// <summary>One of a few words; the first is the default.</summary>
    public static string Choice(this IDistributedApplicationBuilder builder, string key, params string[] choices)
    {
        var configured = builder.Configuration[key] ?? choices[0];
        return Array.Find(choices, choice => choice.Equals(configured, StringComparison.OrdinalIgnoreCase))
            ?? throw new DistributedApplicationException($"{key} is '{configured}': it can be {string.Join(", ", choices[..^1])} or {choices[^1]}.");
    }

    /// <summary>A whole number; the least is the default.</summary>
    public static int Number(this IDistributedApplicationBuilder builder, string key, int least, int most)
    {
        var configured = builder.Configuration[key] ?? least.ToString(CultureInfo.InvariantCulture);
        return int.TryParse(configured, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new DistributedApplicationException($"{key} is '{configured}': it can be {least} to {most}.");
    }

    /// <summary>A number above 0, as it was written; 1 is the default.</summary>
    public static string Factor(this IDistributedApplicationBuilder builder, string key)
    {
        var configured = builder.Configuration[key] ?? "1";
        return double.TryParse(configured, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor) && factor is > 0 and < double.PositiveInfinity
            ? configured
            : throw new DistributedApplicationException($"{key} is '{configured}': it can be a number above 0, such as 0.1.");
    }

    /// <summary>A time above zero, such as <c>00:02:00</c>.</summary>
    public static TimeSpan Duration(this IDistributedApplicationBuilder builder, string key, TimeSpan byDefault)
    {
        var configured = builder.Configuration[key] ?? byDefault.ToString("c", CultureInfo.InvariantCulture);
        return TimeSpan.TryParse(configured, CultureInfo.InvariantCulture, out var duration) && duration > TimeSpan.Zero
            ? duration
            : throw new DistributedApplicationException($"{key} is '{configured}': it can be a time above zero, such as 00:02:00.");
    }
}
