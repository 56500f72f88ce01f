using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using StoryPortal.Gateway.Compression;
using StoryPortal.Gateway.RequestContext;

namespace StoryPortal.Gateway.Caching;

/// <summary>Writes an answer that is kept: as the caller can read it, or not at all when the caller has it already.</summary>
internal static class AnswerWriter
{
    private static readonly StringValues Hit = "HIT";
    private static readonly StringValues AcceptEncoding = "Accept-Encoding";

    public static Task WriteAsync(HttpContext context, GatewayRequestContext exchange, CachedAnswer answer, TimeProvider time) =>
        WriteAsync(context, exchange, answer, time, Hit);

    public static Task WriteAsync(HttpContext context, GatewayRequestContext exchange, CachedAnswer answer, TimeProvider time, StringValues state)
    {
        var headers = context.Response.Headers;
        foreach (var (name, value) in answer.Headers)
        {
            headers[name] = value;
        }

        exchange.Route = answer.Route;
        exchange.Cache = state;
        headers["X-Cache"] = state;
        headers.Age = Math.Max(0, (time.GetUtcNow().ToUnixTimeMilliseconds() - answer.FetchedAt) / 1000).ToString(CultureInfo.InvariantCulture);
        if (IsKnown(context.Request.Headers.IfNoneMatch, answer.EntityTag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            headers.ContentType = default;
            return Task.CompletedTask;
        }

        var bytes = answer.Body;
        if (bytes.Length >= CompressionRules.Smallest)
        {
            headers.Vary = AcceptEncoding;
            var encoding = Encodings.Preferred(context.Request.Headers.AcceptEncoding);
            if (encoding is not null)
            {
                headers.ContentEncoding = encoding;
                bytes = encoding == Encodings.Brotli ? answer.Brotli : answer.Gzip;
            }
        }

        context.Response.ContentLength = bytes.Length;
        var written = context.Response.BodyWriter.WriteAsync(bytes);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }

    private static bool IsKnown(StringValues known, StringValues tag) =>
        known.Count > 0 && tag.Count == 1
        && (known == tag
            || (EntityTagHeaderValue.TryParseList(known, out var tags) && tags.Any(candidate => candidate.Tag == "*" || candidate.Tag == tag[0])));
}
