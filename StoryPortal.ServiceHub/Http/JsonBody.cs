using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Bodies with one JSON document.</summary>
internal static class JsonBody
{
    public const string ContentType = "application/json";
    public const string MergePatchContentType = "application/merge-patch+json";

    private const string AcceptPatch = "Accept-Patch";

    /// <summary>Reads the document.</summary>
    /// <exception cref="InputException">It is not JSON of that type; the field is named.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class
    {
        using var body = await ReadAsync(request, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(body.Utf8.Span, type) ?? throw new InputException("body", "is null.");
        }
        catch (JsonException exception)
        {
            var (field, message) = JsonErrors.Describe(exception);
            throw new InputException(field, message);
        }
    }

    /// <summary>Reads its text.</summary>
    /// <exception cref="InputException">It does not say that it is JSON.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken) =>
        request.HasContentType(ContentType) || (HttpMethods.IsPatch(request.Method) && request.HasContentType(MergePatchContentType))
            ? RequestBody.ReadAsync(request, cancellationToken)
            : throw (HttpMethods.IsPatch(request.Method) ? Unsupported(request, ContentType, MergePatchContentType) : Unsupported(request, ContentType));

    /// <summary>Whether the body has this media type, whatever its parameters. Other types that end in <c>+json</c> mean something else.</summary>
    public static bool HasContentType(this HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var sent) && sent.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>A refusal of the body's media type that names those which are accepted (RFC 5789 §2.2, RFC 9110 §12.5.1).</summary>
    public static InputException Unsupported(HttpRequest request, params string[] accepted) => new(
        HeaderNames.ContentType, $"'{request.ContentType}' is not taken; send {string.Join(" or ", accepted)}.", StatusCodes.Status415UnsupportedMediaType)
    {
        Header = (HttpMethods.IsPatch(request.Method) ? AcceptPatch : HeaderNames.Accept, string.Join(", ", accepted)),
    };
}
