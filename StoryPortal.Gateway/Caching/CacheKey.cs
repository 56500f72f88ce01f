namespace StoryPortal.Gateway.Caching;

/// <summary>Under what an answer is kept: its path, and the query parameters on which it depends, in one order.</summary>
internal static class CacheKey
{
    private const int Longest = 1024;

    /// <summary>The key, or null for a request whose answer is not kept: one that names a parameter twice, or is very long.</summary>
    public static string? Of(HttpRequest request, string[] known)
    {
        var path = request.Path.Value!;
        if (!request.QueryString.HasValue)
        {
            return path.Length > 1 && path[^1] == '/' ? path[..^1] : path;
        }

        if (Array.Exists(known, name => request.Query[name].Count > 1))
        {
            return null;
        }

        var key = path.TrimEnd('/') + Query(request, known).Value;
        return key.Length <= Longest ? key : null;
    }

    /// <summary>The part of the query on which the answer depends.</summary>
    public static QueryString Query(HttpRequest request, string[] known)
    {
        var query = QueryString.Empty;
        foreach (var name in known)
        {
            if (request.Query.TryGetValue(name, out var values))
            {
                query = query.Add(name, values.ToString());
            }
        }

        return query;
    }
}
