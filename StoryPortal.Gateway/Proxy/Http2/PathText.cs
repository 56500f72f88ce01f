using System.Buffers;
using System.Globalization;
using System.Text;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>A path as it is written in a request.</summary>
internal static class PathText
{
    // What a segment may hold as it is (RFC 3986, section 3.3), and what divides segments.
    private static readonly SearchValues<char> s_plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    /// <summary>
    /// Encodes a path that the server has decoded. Each <c>%</c> that is left in it stands for itself: taken for the beginning of an encoded character,
    /// as <see cref="PathString.ToUriComponent()"/> takes it, it would be decoded once more by the hub, and <c>%252e%252e</c> lead out of the API.
    /// </summary>
    public static string Of(PathString path)
    {
        var text = path.Value ?? "/";
        return text.AsSpan().ContainsAnyExcept(s_plain) ? Encode(text) : text;
    }

    private static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + 32);
        foreach (var part in Encoding.UTF8.GetBytes(text))
        {
            if (s_plain.Contains((char)part))
            {
                encoded.Append((char)part);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{part:X2}");
            }
        }

        return encoded.ToString();
    }
}
