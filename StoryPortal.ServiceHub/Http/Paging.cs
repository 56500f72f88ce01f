using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Lists by keyset: a page says where the next one begins, and no page grows slower with its distance from the first.</summary>
internal static class Paging
{
    public const int DefaultLimit = Pages.DefaultSize;
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
    public static JsonAnswer<List<T>> Page<T>(HttpRequest request, List<T> rows, int size, JsonTypeInfo<List<T>> type, Func<T, string> cursorOf) =>
        new(rows, type) { Link = Pages.Cut(PageAddress.Of(request), rows, size, cursorOf) };

    /// <summary>The same page, to be cached. It may be made when its request has ended long ago: only the address is known of it.</summary>
    public static Answer PageAnswer<T>(PageAddress address, List<T> rows, int size, JsonTypeInfo<List<T>> type, Func<T, string> cursorOf)
    {
        var link = Pages.Cut(address, rows, size, cursorOf);
        return new Answer(JsonBytes.Of(rows, type), link);
    }

    private static T? Broken<T>(InputErrors errors) where T : struct
    {
        errors.Add("cursor", "is not a cursor of this list; take it from the Link header of the page before.");
        return null;
    }
}
