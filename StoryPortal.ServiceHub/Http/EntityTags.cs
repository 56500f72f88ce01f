using Microsoft.Net.Http.Headers;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Reads that their caller has already.</summary>
internal static class EntityTags
{
    /// <summary>Sends the tag; when the caller has it already, makes the answer 304 and returns true: there is nothing more to send.</summary>
    public static bool Settle(HttpContext context, string tag)
    {
        context.Response.Headers.ETag = tag;
        var known = context.Request.Headers.IfNoneMatch;
        if (known.Count == 0 || !Includes(known, tag))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private static bool Includes(Microsoft.Extensions.Primitives.StringValues known, string tag) =>
        (known.Count == 1 && known[0] == tag)
        || (EntityTagHeaderValue.TryParseList(known, out var tags) && tags.Any(candidate => candidate.Tag == "*" || candidate.Tag == tag));
}
