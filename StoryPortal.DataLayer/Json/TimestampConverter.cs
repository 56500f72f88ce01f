using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.DataLayer.Json;

/// <summary>Reads by the rules of <see cref="Timestamp"/>; writes six decimals and <c>Z</c>, the same text that Postgres makes inside <c>json_agg</c>.</summary>
internal sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    private const int RoundTripLength = 28;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException("is not a string with a time of RFC 3339.");
        }

        return Timestamp.TryParse(reader.GetString(), out var value, out var error) ? value : throw new JsonException(error);
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        // "O" has seven decimals; the last one is always zero here and gives way to the Z.
        Span<byte> text = stackalloc byte[RoundTripLength];
        Utf8Formatter.TryFormat(value.UtcDateTime, text, out _, 'O');
        text[^2] = (byte)'Z';
        writer.WriteStringValue(text[..^1]);
    }
}
