using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>How hub and gateway tell each other of keys.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ApiKeyIdentity))]
public sealed partial class KeyJson : JsonSerializerContext;
