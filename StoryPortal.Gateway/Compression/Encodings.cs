using System.Collections.Concurrent;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace StoryPortal.Gateway.Compression;

/// <summary>Which encoding a caller can read.</summary>
internal static class Encodings
{
    public const string Brotli = "br";
    public const string Gzip = "gzip";

    private const int MostKept = 256;

    // Callers are many, and the ways in which they ask few.
    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

    /// <summary>Brotli before gzip, unless the caller weighs them otherwise; null for a caller that reads neither.</summary>
    public static string? Preferred(StringValues accepted)
    {
        if (accepted.Count == 0)
        {
            return null;
        }

        var text = accepted.ToString();
        if (!Known.TryGetValue(text, out var encoding))
        {
            encoding = Choose(accepted);
            if (Known.Count < MostKept)
            {
                Known[text] = encoding;
            }
        }

        return encoding.Length > 0 ? encoding : null;
    }

    private static string Choose(StringValues accepted)
    {
        if (!StringWithQualityHeaderValue.TryParseList(accepted, out var values))
        {
            return "";
        }

        var (brotli, gzip) = (Weight(values, Brotli), Weight(values, Gzip));
        return brotli == 0 && gzip == 0 ? "" : brotli >= gzip ? Brotli : Gzip;
    }

    private static double Weight(IList<StringWithQualityHeaderValue> values, string encoding) =>
        (values.FirstOrDefault(value => value.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase))
            ?? values.FirstOrDefault(value => value.Value == "*")) is { } value ? value.Quality ?? 1 : 0;
}
