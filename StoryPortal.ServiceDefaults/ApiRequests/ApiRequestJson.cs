using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.ServiceDefaults.ApiRequests;

/// <summary>Requests as the gateway sends them to <c>POST /internal/api-requests</c>: an array, or a document a line.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<ApiRequest>))]
[JsonSerializable(typeof(ApiRequest))]
public sealed partial class ApiRequestJson : JsonSerializerContext;
