using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Extensions;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Lists by keyset: a page says where the next one begins, and no page grows slower with its distance from the first.</summary>
internal static class Paging
{
    public const int DefaultLimit = 50;
    public const int HighestLimit = 1000;

    /// <summary>The page's size.</summary>
    public static int Limit(int? limit, InputErrors errors, string field = "limit", int byDefault = DefaultLimit, int highest = HighestLimit)
    {
        if (limit < 1 || limit > highest)
        {
            errors.Add(field, $"is {limit}; 1 to {highest} are taken.");
        }

        return limit ?? byDefault;
    }

    /// <summary>Where the page before ended, for the list named <paramref name="list"/>.</summary>
    public static TimeCursor? TimeCursor(string? text, string list, InputErrors errors) => text switch
    {
        null => null,
        _ when DataLayer.Paging.TimeCursor.TryParse(text, list, out var cursor) => cursor,
        _ => Broken<TimeCursor>(errors),
    };

    /// <inheritdoc cref="TimeCursor"/>
    public static NameCursor? NameCursor(string? text, string list, InputErrors errors) => text switch
    {
        null => null,
        _ when DataLayer.Paging.NameCursor.TryParse(text, list, out var cursor) => cursor,
        _ => Broken<NameCursor>(errors),
    };

    /// <summary>
    /// Answers with a page of <paramref name="size"/> rows at most. The store is asked for one row more: where it finds one there is a next page,
    /// and a <c>Link</c> header that leads to it.
    /// </summary>
    public static JsonAnswer<List<T>> Page<T>(HttpRequest request, List<T> rows, int size, JsonTypeInfo<List<T>> type, Func<T, string> cursorOf)
    {
        if (rows.Count <= size)
        {
            return new JsonAnswer<List<T>>(rows, type);
        }

        rows.RemoveRange(size, rows.Count - size);
        var query = request.Query
            .Where(parameter => !string.Equals(parameter.Key, "cursor", StringComparison.OrdinalIgnoreCase))
            .SelectMany(parameter => parameter.Value, (parameter, value) => KeyValuePair.Create(parameter.Key, value ?? ""))
            .Append(KeyValuePair.Create("cursor", cursorOf(rows[^1])));
        return new JsonAnswer<List<T>>(rows, type)
        {
            Link = $"<{request.Path.ToUriComponent().TrimEnd('/')}{new QueryBuilder(query)}>; rel=\"next\"",
        };
    }

    private static T? Broken<T>(InputErrors errors) where T : struct
    {
        errors.Add("cursor", "is not a cursor of this list; take it from the Link header of the page before.");
        return null;
    }
}
