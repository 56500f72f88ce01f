using System.Text;

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

        var key = new StringBuilder(path.TrimEnd('/'));
        foreach (var name in known)
        {
            var values = request.Query[name];
            if (values.Count > 1)
            {
                return null;
            }

            if (values.Count == 1)
            {
                key.Append('?').Append(name).Append('=').Append(Uri.EscapeDataString(values[0] ?? ""));
            }
        }

        return key.Length <= Longest ? key.ToString() : null;
    }
}
