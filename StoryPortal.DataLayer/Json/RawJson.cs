using System.Text.Json.Serialization;

namespace StoryPortal.DataLayer.Json;

/// <summary>
/// A JSON value as UTF-8 text, passed between the wire and Postgres without being taken apart. It has been checked when it was read:
/// whatever is in here, <c>jsonb</c> can store.
/// </summary>
[JsonConverter(typeof(RawJsonConverter))]
public readonly struct RawJson
{
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    private readonly ReadOnlyMemory<byte> _utf8;

    /// <summary>The value <c>null</c>.</summary>
    public static RawJson Null { get; } = new("null"u8.ToArray());

    /// <summary>Wraps text that is known to be valid, such as what Postgres answered.</summary>
    public RawJson(ReadOnlyMemory<byte> utf8) => _utf8 = utf8;

    /// <summary>The text; <c>{}</c> for the default value.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8.IsEmpty ? EmptyObject : _utf8;

    /// <summary>Whether the value is an object.</summary>
    public bool IsObject => Utf8.Span[0] == (byte)'{';

    /// <summary>Whether the value is <c>null</c>.</summary>
    public bool IsNull => Utf8.Span[0] == (byte)'n';

    /// <inheritdoc/>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Utf8.Span);
}
