namespace StoryPortal.DataLayer.Events;

/// <summary>
/// The types of events that the system alone writes: its audit, the service registry, and the messages that end or interrupt an event stream.
/// </summary>
public static class ReservedEventTypes
{
    private static readonly string[] Prefixes = ["admin.", "service.", "stream."];

    /// <summary>The validation error of such an event.</summary>
    public static string Refusal { get; } =
        $"begins with a prefix of the system's own events ('{string.Join("', '", Prefixes)}'); use another type.";

    /// <summary>Whether <paramref name="type"/> is reserved, in whatever case and after whatever white space.</summary>
    public static bool Includes(string? type) =>
        type is not null && Prefixes.Any(prefix => type.AsSpan().TrimStart().StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
