using System.Buffers;
using System.Diagnostics;

namespace StoryPortal.Gateway.Exchanges;

/// <summary>The id by which caller, log and hub speak of one request.</summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int Longest = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=");

    /// <summary>The id that the caller chose, if it is one; else the id of the request's span. The hub is told either.</summary>
    public static string Of(HttpContext context)
    {
        var sent = context.Request.Headers[Header];
        if (sent.Count == 1 && sent[0] is { Length: > 0 and <= Longest } id && !id.AsSpan().ContainsAnyExcept(Allowed))
        {
            return id;
        }

        var made = Activity.Current?.SpanId.ToHexString() ?? ActivitySpanId.CreateRandom().ToHexString();
        context.Request.Headers[Header] = made;
        return made;
    }
}
