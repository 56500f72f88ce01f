using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing.Patterns;
using StoryPortal.DataLayer.Idempotency;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Idempotency;

/// <summary>
/// Requests with an <c>Idempotency-Key</c> are done once: what is written and what is answered are committed together, and a repeat within a day is
/// given the same answer. Only successes are kept; whatever failed has changed nothing, and may be tried again.
/// </summary>
internal sealed class IdempotencyFilter(IdempotencyStore store) : IEndpointFilter
{
    /// <summary>The header with the caller's name for the request.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The header of an answer that was given before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LongestKey = 255;
    private const string RetryAfterSeconds = "1";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.Request.Headers.ContainsKey(Header) ? OnceAsync(context, next) : next(context);

    private async ValueTask<object?> OnceAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (http, cancellationToken) = (context.HttpContext, context.HttpContext.RequestAborted);
        var key = KeyOf(http.Request);
        using var body = await RequestBody.BufferAsync(http.Request, cancellationToken);
        var request = new IdempotentRequest(
            key,
            http.Caller?.Id ?? "",
            http.Request.Method,
            TargetOf(http),
            SHA256.HashData(body.Utf8.Span));

        await using var transaction = await store.BeginAsync(cancellationToken);
        transaction.Enter();
        if (!await store.TryLockAsync(request, cancellationToken))
        {
            return UnderWay(http);
        }

        if (await store.FindAsync(request, cancellationToken) is { } known)
        {
            return known.BodyHash.AsSpan().SequenceEqual(request.BodyHash)
                ? Replay(http, known)
                : throw new InputException(Header, "was used for another body; take a new one for a new request.", StatusCodes.Status422UnprocessableEntity);
        }

        var result = await next(context);
        if (result is not JsonAnswer { Status: >= 200 and < 300 } answer)
        {
            return result;
        }

        var kept = new IdempotentAnswer(request.BodyHash, answer.Status, answer.Location, answer.ToJson());
        await store.KeepAsync(request, kept, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None); // whatever becomes of the caller: half a commit is what this is to prevent
        return new IdempotentResult(kept);
    }

    /// <summary>
    /// Path and query of a request, with the route's own text as the endpoint declares it: routing ignores its case and a slash at the end.
    /// The case of ids is kept.
    /// </summary>
    internal static string TargetOf(HttpContext http)
    {
        var route = ((RouteEndpoint)http.GetEndpoint()!).RoutePattern;
        var segments = route.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => Uri.EscapeDataString(Convert.ToString(http.Request.RouteValues[parameter.Name], CultureInfo.InvariantCulture) ?? ""),
            _ => throw new InvalidOperationException($"The route '{route.RawText}' has a part of an unknown kind."),
        })));
        return $"/{string.Join('/', segments)}{http.Request.QueryString}";
    }

    private static string KeyOf(HttpRequest request)
    {
        var values = request.Headers[Header];
        var key = values.Count == 1 ? values[0]! : "";
        return key.Length is > 0 and <= LongestKey && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw new InputException(Header, $"is not one text of 1 to {LongestKey} visible ASCII characters.");
    }

    private static ProblemHttpResult UnderWay(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem("A request with this Idempotency-Key is being done. Ask again for its answer.", statusCode: StatusCodes.Status409Conflict);
    }

    private static IdempotentResult Replay(HttpContext context, IdempotentAnswer answer)
    {
        context.Response.Headers[ReplayedHeader] = "true";
        return new IdempotentResult(answer);
    }
}
