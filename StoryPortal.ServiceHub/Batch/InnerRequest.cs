using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Routing;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>A request of a batch that is fit to be sent.</summary>
internal sealed record InnerRequest(string Method, PathString Path, QueryString Query, IHeaderDictionary Headers, byte[] Body)
{
    private const string Prefix = "/api";
    private const int LongestPath = 8192;
    private const int LongestId = 200;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] Taken = [HeaderNames.Accept, HeaderNames.ContentType, HeaderNames.IfMatch, HeaderNames.IfNoneMatch, "Idempotency-Key"];

    /// <exception cref="InputException">Something of it is wrong.</exception>
    public static InnerRequest Of(BatchItem item)
    {
        var errors = new InputErrors();
        if (item.Id is { } id && !IsId(id))
        {
            errors.Add("id", $"is neither a number nor a string that is valid Unicode, of up to {LongestId} bytes.");
        }

        var method = item.Method ?? "GET";
        if (!Methods.Contains(method))
        {
            errors.Add("method", $"'{method}' is not one of: {string.Join(", ", Methods)}.");
        }

        var (path, query) = Split(item.Path, errors);
        var headers = HeadersOf(item.Headers, errors);
        var body = BodyOf(item.Body, headers, errors);
        errors.ThrowIfAny();
        return new InnerRequest(method, path, query, headers, body);
    }

    /// <summary>Whether a result can carry it: a number, or a text that is one.</summary>
    public static bool IsId(JsonElement id) => JsonMarshal.GetRawUtf8Value(id).Length <= LongestId && id.ValueKind switch
    {
        JsonValueKind.Number or JsonValueKind.Null => true,
        JsonValueKind.String => TextOf(id) is not null,
        _ => false,
    };

    private static (PathString Path, QueryString Query) Split(string? text, InputErrors errors)
    {
        if (text is null)
        {
            errors.Add("path", "is required.");
            return default;
        }

        if (text.Length > LongestPath || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().IndexOfAny('#', '\\') >= 0)
        {
            errors.Add("path", $"is no path of up to {LongestPath} characters; whatever is not ASCII is sent percent-encoded.");
            return default;
        }

        var mark = text.IndexOf('?', StringComparison.Ordinal);
        var path = mark < 0 ? text : text[..mark];
        if (path.StartsWith(Prefix + "/", StringComparison.Ordinal))
        {
            path = path[Prefix.Length..]; // two addresses of one API
        }

        if (!path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            errors.Add("path", "does not begin with /v1/ or /api/v1/: a batch asks this API alone.");
            return default;
        }

        var decoded = EncodedPath.Decode(path);
        if (decoded.Split('/').Any(segment => segment is "." or "..") || decoded.Contains('\0', StringComparison.Ordinal))
        {
            errors.Add("path", "holds a segment that leads elsewhere.");
        }

        return (new PathString(decoded), mark < 0 ? default : new QueryString(text[mark..]));
    }

    private static HeaderDictionary HeadersOf(Dictionary<string, string>? sent, InputErrors errors)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in sent ?? [])
        {
            if (!Taken.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                errors.Add($"headers.{name}", $"is not taken; {string.Join(", ", Taken)} are.");
            }
            else if (value is null || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                errors.Add($"headers.{name}", "is not visible ASCII.");
            }
            else
            {
                headers[name] = value;
            }
        }

        return headers;
    }

    private static byte[] BodyOf(JsonElement? sent, IHeaderDictionary headers, InputErrors errors)
    {
        if (sent is not { } body)
        {
            return [];
        }

        if (headers.ContentType.Count == 0)
        {
            headers.ContentType = JsonBody.ContentType;
        }

        var mediaType = headers.ContentType.ToString().Split(';')[0].Trim();
        if (mediaType.Equals(JsonBody.ContentType, StringComparison.OrdinalIgnoreCase) || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
        {
            return JsonMarshal.GetRawUtf8Value(body).ToArray();
        }

        if (body.ValueKind != JsonValueKind.String)
        {
            errors.Add("body", $"is not a string, as it has to be where Content-Type is not {JsonBody.ContentType}.");
            return [];
        }

        if (TextOf(body) is { } text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        errors.Add("body", "holds text that is not valid Unicode.");
        return [];
    }

    // Null where it has half of a surrogate pair.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
