using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.DataLayer.Json;

/// <summary>An enum as its <see cref="EnumText{T}"/>; a text that names no member is refused with the list of those that do.</summary>
internal sealed class EnumTextConverter<T> : JsonConverter<T> where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && EnumText<T>.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException($"is not one of: {EnumText<T>.All}.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(EnumText<T>.Of(value));
}
