using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Text;

namespace StoryPortal.DataLayer.Json;

/// <summary>Rules for text that goes into a column; lengths are counted in code points. The JSON reader refuses lone surrogates before.</summary>
public static class TextRules
{
    /// <summary>Notes a text that is missing, empty, too long, or that Postgres cannot store; returns it, or an empty one.</summary>
    public static string Required(this InputErrors errors, string field, string? value, int longest)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            errors.Add(field, "is required.");
            return "";
        }

        return errors.Optional(field, value, longest) ?? "";
    }

    /// <summary>Notes a text that is there, and empty, too long, or that Postgres cannot store.</summary>
    public static void Given(this InputErrors errors, string field, string? value, int longest)
    {
        if (value is not null && string.IsNullOrWhiteSpace(value))
        {
            errors.Add(field, "is empty.");
        }

        errors.Optional(field, value, longest);
    }

    /// <summary>Notes a text that is too long or that Postgres cannot store; returns it.</summary>
    public static string? Optional(this InputErrors errors, string field, string? value, int longest)
    {
        if (value is not null && CodePoints.Exceed(value, longest))
        {
            errors.Add(field, $"has {CodePoints.Count(value)} characters; at most {longest} are taken.");
        }
        else if (value?.Contains('\0') == true)
        {
            errors.Add(field, "holds the character U+0000, which cannot be stored.");
        }

        return value;
    }

    /// <summary>Adds an error where a client sent a member that only the server sets, with another value than what is stored. Null: not sent.</summary>
    public static void ReadOnly<T>(this InputErrors errors, string field, T? sent, T? stored)
    {
        if (sent is not null && !sent.Equals(stored))
        {
            errors.Add(field, "is read-only, and not what is stored; leave it out, or send what was read.");
        }
    }

    /// <summary>Notes a value that is no JSON object; returns it.</summary>
    public static RawJson JsonObject(this InputErrors errors, string field, RawJson value)
    {
        if (!value.IsObject)
        {
            errors.Add(field, value.IsNull ? "is null; leave it out where nothing is meant." : "is not a JSON object.");
        }

        return value;
    }
}
