using System.Text.Json;

namespace StoryPortal.ServiceHub.Http;

/// <summary>What the JSON reader complains of, in a caller's words: the field and what is wrong with it, without names of our types.</summary>
internal static class JsonErrors
{
    private const string Body = "body";
    private const string MissingFields = "missing required properties including: ";

    public static (string Field, string Message) Describe(JsonException exception) =>
        (FieldOf(exception.Path), Describe(exception.Message, exception.InnerException?.Message));

    private static string FieldOf(string? path) => path switch
    {
        null or "" or "$" => Body,
        "$." => "\"\"", // a name that is empty
        _ when path.StartsWith("$.", StringComparison.Ordinal) => path[2..],
        _ => path.TrimStart('$'),
    };

    private static string Describe(string message, string? inner)
    {
        if (message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            return "is not a known field.";
        }

        if (message.IndexOf(MissingFields, StringComparison.Ordinal) is >= 0 and var missing)
        {
            return $"lacks {message[(missing + MissingFields.Length)..]}";
        }

        // Of a property, and of a constructor's parameter.
        if (message.Contains("doesn't allow setting null", StringComparison.Ordinal) || message.Contains("doesn't allow null", StringComparison.Ordinal))
        {
            return "is null; leave it out where nothing is meant.";
        }

        if (message.StartsWith("Duplicate", StringComparison.Ordinal))
        {
            return "is there more than once.";
        }

        if (inner is not null && (inner.Contains("UTF-16", StringComparison.Ordinal) || inner.Contains("UTF-8", StringComparison.Ordinal)))
        {
            return "holds text that is not valid Unicode, such as half of a surrogate pair.";
        }

        if (message.Contains("could not be converted to", StringComparison.Ordinal))
        {
            return $"is not {Expected(message)}.";
        }

        // Everything else is a sentence about the text itself, followed by a path that the field already names.
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return end < 0 ? message : $"is not well-formed JSON: {message[..end]}";
    }

    // The message names the type of the target: 'The JSON value could not be converted to System.Nullable`1[System.Guid].'
    private static string Expected(string message) => message switch
    {
        _ when message.Contains("List", StringComparison.Ordinal) || message.Contains("[]", StringComparison.Ordinal) => "an array",
        _ when message.Contains("System.Guid", StringComparison.Ordinal) => "a UUID",
        _ when message.Contains("System.Int", StringComparison.Ordinal) => "a whole number",
        _ when message.Contains("System.Double", StringComparison.Ordinal) => "a number",
        _ when message.Contains("System.Boolean", StringComparison.Ordinal) => "true or false",
        _ when message.Contains("System.String", StringComparison.Ordinal) => "a string",
        _ => "an object",
    };
}
