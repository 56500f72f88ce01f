using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>The preconditions of a write: <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110 §13.1).</summary>
/// <param name="match">The ETags of <c>If-Match</c>; null: the header is absent.</param>
/// <param name="noneMatch">The ETags of <c>If-None-Match</c>; null: the header is absent.</param>
internal sealed class Preconditions(IList<EntityTagHeaderValue>? match, IList<EntityTagHeaderValue>? noneMatch)
{
    /// <summary>Reads the headers of a request; null when it has neither.</summary>
    /// <exception cref="InputException">A header is neither a list of ETags nor <c>*</c>.</exception>
    public static Preconditions? From(HttpRequest request)
    {
        var (match, noneMatch) = (request.Headers.IfMatch, request.Headers.IfNoneMatch);
        return match.Count + noneMatch.Count == 0 ? null : new(Parse(HeaderNames.IfMatch, match), Parse(HeaderNames.IfNoneMatch, noneMatch));
    }

    /// <summary>The response to a write whose resource has <paramref name="entityTag"/> now, null where it does not exist; null where every precondition holds.</summary>
    public ProblemHttpResult? Evaluate(string? entityTag)
    {
        if (match is not null && !Includes(match, entityTag))
        {
            return Failed(entityTag is null
                ? "If-Match requires a resource that exists, and there is none. Leave If-Match out to create it."
                : "The resource has changed since the ETag in If-Match was read. GET it again, apply the change to it, and send that with its ETag.");
        }

        return noneMatch is not null && Includes(noneMatch, entityTag)
            ? Failed("If-None-Match requires that the resource does not exist, or has another ETag. To change it, GET it and send its ETag in If-Match.")
            : null;
    }

    /// <summary>The response to a write whose resource another request created or deleted while the preconditions were evaluated.</summary>
    public static ProblemHttpResult ConcurrentWrite() => Failed("Another request created or deleted the resource at the same time. GET it, and decide again.");

    // Compares the opaque tags: the gateway adds W/ where a response may be compressed, and the opaque tag is the hash of the whole representation.
    private static bool Includes(IList<EntityTagHeaderValue> tags, string? entityTag) =>
        entityTag is not null && tags.Any(candidate => candidate.Tag == "*" || candidate.Tag == entityTag);

    private static IList<EntityTagHeaderValue>? Parse(string header, StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        return EntityTagHeaderValue.TryParseStrictList(values, out var tags) && tags.Count > 0
            ? tags
            : throw new InputException(header, "is neither a list of ETags, each in quotes as a response has it, nor *.");
    }

    private static ProblemHttpResult Failed(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status412PreconditionFailed);
}
