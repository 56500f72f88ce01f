using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.ServiceDefaults.Registration;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InstanceRegistration))]
internal sealed partial class RegistrationJson : JsonSerializerContext;
