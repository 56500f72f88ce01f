using System.Buffers;
using System.Diagnostics;

namespace StoryPortal.Gateway.RequestContext;

/// <summary>The id that names one request to its caller, in the logs and to the hub.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=");

    /// <summary>The caller's id where it is valid, else the id of the request's span. The hub receives the same.</summary>
    public static string GetOrCreate(HttpContext context)
    {
        var sent = context.Request.Headers[Header];
        if (sent.Count == 1 && sent[0] is { Length: > 0 and <= MaxLength } id && !id.AsSpan().ContainsAnyExcept(Allowed))
        {
            return id;
        }

        var created = Activity.Current?.SpanId.ToHexString() ?? ActivitySpanId.CreateRandom().ToHexString();
        context.Request.Headers[Header] = created;
        return created;
    }
}
