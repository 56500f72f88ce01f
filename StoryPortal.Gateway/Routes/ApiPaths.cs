using StoryPortal.ServiceDefaults.Routing;

namespace StoryPortal.Gateway.Routes;

/// <summary>Gives routing each path in one form: segments decoded once, <c>/api/v1/…</c> as <c>/v1/…</c>.</summary>
internal sealed class ApiPaths(RequestDelegate next)
{
    private const string Prefix = "/api";

    private static readonly PathString Versioned = "/api/v1";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (EncodedPath.Read(context) is { } path)
        {
            request.Path = path;
        }

        if (request.Path.StartsWithSegments(Versioned, StringComparison.Ordinal))
        {
            request.Path = new PathString(request.Path.Value![Prefix.Length..]); // PathString.Parse would decode the text once more
        }

        return next(context);
    }
}
