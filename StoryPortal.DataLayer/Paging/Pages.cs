using Microsoft.AspNetCore.Http.Extensions;

namespace StoryPortal.DataLayer.Paging;

/// <summary>Where a page was asked for.</summary>
/// <param name="Path">The path of the list.</param>
/// <param name="Query">The parameters that chose what is in it.</param>
public readonly record struct PageAddress(PathString Path, IQueryCollection Query)
{
    /// <summary>That of a request.</summary>
    public static PageAddress Of(HttpRequest request) => new(request.Path, request.Query);
}

/// <summary>Pages of lists, as whoever serves or warms them makes them.</summary>
public static class Pages
{
    /// <summary>Rows of a page whose size the caller does not choose.</summary>
    public const int DefaultSize = 50;

    /// <summary>
    /// Takes away what the store was asked for beyond <paramref name="size"/> rows; returns the <c>Link</c> header that leads there, or null where
    /// there is no next page.
    /// </summary>
    public static string? Cut<T>(PageAddress address, List<T> rows, int size, Func<T, string> cursorOf)
    {
        if (rows.Count <= size)
        {
            return null;
        }

        rows.RemoveRange(size, rows.Count - size);
        var query = address.Query
            .Where(parameter => !string.Equals(parameter.Key, "cursor", StringComparison.OrdinalIgnoreCase))
            .SelectMany(parameter => parameter.Value, (parameter, value) => KeyValuePair.Create(parameter.Key, value ?? ""))
            .Append(KeyValuePair.Create("cursor", cursorOf(rows[^1])));
        return $"<{address.Path.ToUriComponent().TrimEnd('/')}{new QueryBuilder(query)}>; rel=\"next\"";
    }
}
