using System.Text.Json;
using System.Text.Json.Serialization;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>One request of a batch, as a client sends it.</summary>
internal sealed record BatchItem
{
    /// <summary>What the caller calls it, a string or a number: its result carries the same.</summary>
    public JsonElement? Id { get; init; }

    /// <summary>GET, HEAD, POST, PUT, PATCH or DELETE.</summary>
    public string? Method { get; init; }

    /// <summary>Where it goes, with its query: <c>/v1/…</c> or <c>/api/v1/…</c>, never another host.</summary>
    public string? Path { get; init; }

    /// <summary>Its headers: Accept, Content-Type, If-Match, If-None-Match and Idempotency-Key. Who asks is whoever sends the batch.</summary>
    public Dictionary<string, string>? Headers { get; init; }

    /// <summary>Its body: any JSON; or the text as a string, where <c>Content-Type</c> is not JSON.</summary>
    [JsonConverter(typeof(UncheckedJsonConverter))]
    public JsonElement? Body { get; init; }
}

/// <summary>What one request of a batch was answered.</summary>
/// <param name="Id">What the caller called it, or null.</param>
/// <param name="Status">The status.</param>
/// <param name="Headers">The headers of the answer.</param>
/// <param name="Body">JSON as it is, anything else as a string; null when there is none.</param>
internal sealed record BatchResult(JsonElement? Id, int Status, Dictionary<string, string> Headers, DataLayer.Json.RawJson? Body)
{
    /// <summary>Whether the registry may be another than before.</summary>
    [JsonIgnore]
    public bool ChangesServices { get; init; }
}

/// <summary>The answers to a batch.</summary>
/// <param name="Results">One for each request, in the order of the requests.</param>
internal sealed record BatchAnswer(IReadOnlyList<BatchResult> Results);

/// <summary>Takes a value as it is: whoever it is for will check it.</summary>
internal sealed class UncheckedJsonConverter : JsonConverter<JsonElement?>
{
    public override JsonElement? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement? value, JsonSerializerOptions options)
    {
        if (value is { } element)
        {
            element.WriteTo(writer);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
