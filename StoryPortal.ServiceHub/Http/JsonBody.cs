using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Bodies with one JSON document.</summary>
internal static class JsonBody
{
    public const string ContentType = "application/json";
    public const string MergePatchContentType = "application/merge-patch+json";

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
    public static ValueTask<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken) => request.HasJsonContentType()
        ? RequestBody.ReadAsync(request, cancellationToken)
        : throw new InputException("Content-Type", $"'{request.ContentType}' is not taken; send {ContentType}.", StatusCodes.Status415UnsupportedMediaType);
}
