using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Lists by keyset: a page says where the next one begins, and no page grows slower with its distance from the first.</summary>
internal static class Paging
{
    public const int DefaultLimit = PageWriter.DefaultSize;
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

    /// <summary>A page that is not cached. The store is asked for one row more than <paramref name="size"/>, which shows that there is a next page.</summary>
    public static async Task<IResult> PageAsync<T>(
        this PageWriter pages, HttpRequest request, IAsyncEnumerable<T> rows, int size, JsonTypeInfo<T> type, Func<T, string> cursorOf) where T : class =>
        new CachedJson(CacheResult.Uncached(await pages.WriteAsync(PageAddress.Of(request), rows, size, type, cursorOf)));

    private static T? Broken<T>(InputErrors errors) where T : struct
    {
        errors.Add("cursor", "is not a cursor of this list; take it from the Link header of the page before.");
        return null;
    }
}
