using System.Text.Json;

namespace StoryPortal.DataLayer.Json;

/// <summary>The members of an enum as the API and the database write them: in snake case.</summary>
/// <typeparam name="T">The enum.</typeparam>
public static class EnumText<T> where T : struct, Enum
{
    private static readonly T[] Values = Enum.GetValues<T>();
    private static readonly string[] Texts = [.. Values.Select(value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()))];

    /// <summary>Every member, for messages: <c>created, active, …</c>.</summary>
    public static string All { get; } = string.Join(", ", Texts);

    /// <summary>The text of <paramref name="value"/>.</summary>
    public static string Of(T value) => Texts[Array.IndexOf(Values, value)];

    /// <summary>The member that <paramref name="text"/> names.</summary>
    public static bool TryParse(string? text, out T value)
    {
        var index = Array.IndexOf(Texts, text);
        value = index < 0 ? default : Values[index];
        return index >= 0;
    }
}
