using System.Text.Json;
using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>The JSON of batches, under the rules of every other contract.</summary>
[JsonSerializable(typeof(List<BatchItem>))]
[JsonSerializable(typeof(BatchAnswer))]
internal sealed partial class BatchJson : JsonSerializerContext
{
    /// <summary>How deep a batch may nest: as deep as any body, and what is around it.</summary>
    public const int Depth = 72;

    public static BatchJson Contracts { get; } = new(StoryJson.Apply(new JsonSerializerOptions { MaxDepth = Depth }));
}
