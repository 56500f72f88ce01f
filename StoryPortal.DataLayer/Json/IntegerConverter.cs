using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.DataLayer.Json;

/// <summary>
/// An integer by its value: JSON does not tell integers from other numbers (RFC 8259 §6), so that <c>30.0</c> and <c>3e1</c> are 30.
/// </summary>
internal sealed class IntegerConverter<T> : JsonConverter<T> where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    private static readonly decimal Min = decimal.CreateChecked(T.MinValue);
    private static readonly decimal Max = decimal.CreateChecked(T.MaxValue);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDecimal(out var value) && decimal.IsInteger(value) && value >= Min && value <= Max
            ? T.CreateChecked(value)
            : throw new JsonException($"is not a whole number from {T.MinValue} to {T.MaxValue}.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteNumberValue(long.CreateChecked(value));
}
