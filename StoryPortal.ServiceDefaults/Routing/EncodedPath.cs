using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace StoryPortal.ServiceDefaults.Routing;

/// <summary>
/// A path whose segments are decoded once, and in which a percent sign of a segment is <c>%25</c> and a slash of a segment is <c>%2F</c>. Kestrel decodes
/// <c>%25</c> and leaves <c>%2F</c> as it is, so that <c>a%2Fb</c> and <c>a%252Fb</c> are the same path to it.
/// </summary>
public static class EncodedPath
{
    // Not the page of the documents, which writes a part of its path into HTML.
    private static readonly string[] DecodedPrefixes = ["/v1/", "/internal/"];

    /// <summary>The path that a request's target names, in this form; null where Kestrel's is the same.</summary>
    public static PathString? Read(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        var target = request.RawTarget;
        var isAbsolute = target.Length > 0 && target[0] != '/';
        if (target.Length == 0 || !(isAbsolute ? target : request.Path).Contains('%', StringComparison.Ordinal))
        {
            return null;
        }

        var path = target.AsSpan();
        if (isAbsolute)
        {
            path = path[(path.IndexOf("://", StringComparison.Ordinal) + 3)..];
            path = path[Math.Max(0, path.IndexOf('/'))..];
        }

        var query = path.IndexOf('?');
        return path is ['/', ..] ? new PathString(WithoutDotSegments(Decode((query < 0 ? path : path[..query]).ToString()))) : null;
    }

    /// <summary>Decodes a path as a caller writes it. Segments that are <c>.</c> or <c>..</c> stay.</summary>
    public static string Decode(string path) => !path.Contains('%', StringComparison.Ordinal)
        ? path
        : string.Join('/', path.Split('/').Select(segment =>
            Uri.UnescapeDataString(segment).Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal)));

    /// <summary>The text of a path in this form that a request can carry.</summary>
    public static string Encode(PathString path) =>
        string.Join('%', path.Value!.Split('%').Select(part => Uri.EscapeDataString(part).Replace("%2F", "/", StringComparison.Ordinal)));

    /// <summary>Gives routing the path in this form, and endpoints the route values decoded. Call it in place of <c>UseRouting</c>.</summary>
    public static void UseRoutingOfEncodedPaths(this WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            if (Read(context) is { } path)
            {
                context.Request.Path = path;
            }

            return next(context);
        });
        app.UseRouting();
        app.Use(static (context, next) =>
        {
            if (context.Request.Path.Value is { } path && path.Contains('%', StringComparison.Ordinal)
                && Array.Exists(DecodedPrefixes, prefix => path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                var values = context.Request.RouteValues;
                foreach (var (name, value) in values.ToArray())
                {
                    values[name] = value is string text ? Uri.UnescapeDataString(text) : value;
                }
            }

            return next(context);
        });
    }

    // RFC 3986, section 5.2.4.
    private static string WithoutDotSegments(string path)
    {
        var segments = path.Split('/');
        if (!Array.Exists(segments, IsDotSegment))
        {
            return path;
        }

        var kept = new List<string>(segments.Length);
        foreach (var segment in segments)
        {
            if (!IsDotSegment(segment))
            {
                kept.Add(segment);
            }
            else if (segment == ".." && kept.Count > 1)
            {
                kept.RemoveAt(kept.Count - 1);
            }
        }

        if (IsDotSegment(segments[^1]))
        {
            kept.Add("");
        }

        return string.Join('/', kept);
    }

    private static bool IsDotSegment(string segment) => segment is "." or "..";
}
