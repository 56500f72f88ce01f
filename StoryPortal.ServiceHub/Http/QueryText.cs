using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Query parameters that need more than ASP.NET Core's own binding.</summary>
internal static class QueryText
{
    /// <summary>The member of an enum that <paramref name="text"/> names.</summary>
    public static T? Member<T>(string? text, string field, InputErrors errors) where T : struct, Enum
    {
        if (text is null)
        {
            return null;
        }

        if (EnumText<T>.TryParse(text, out var value))
        {
            return value;
        }

        errors.Add(field, $"'{text}' is not one of: {EnumText<T>.All}.");
        return null;
    }

    /// <summary>A time; a plus sign that arrived as a space is one still.</summary>
    public static DateTimeOffset? Time(string? text, string field, InputErrors errors)
    {
        if (text is null)
        {
            return null;
        }

        if (Timestamp.TryParse(text.Replace(' ', '+'), out var value, out var error))
        {
            return value;
        }

        errors.Add(field, error!);
        return null;
    }
}
