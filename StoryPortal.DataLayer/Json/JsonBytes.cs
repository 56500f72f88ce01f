using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.ObjectPool;

namespace StoryPortal.DataLayer.Json;

/// <summary>Contracts as the UTF-8 JSON that the API sends.</summary>
public static class JsonBytes
{
    private static readonly ObjectPool<ArrayBufferWriter<byte>> Buffers = new DefaultObjectPool<ArrayBufferWriter<byte>>(new KeptBuffers());

    /// <summary>A buffer to write into; give it back with <see cref="Return"/>.</summary>
    public static ArrayBufferWriter<byte> Rent() => Buffers.Get();

    /// <summary>Takes back a buffer of <see cref="Rent"/>.</summary>
    public static void Return(ArrayBufferWriter<byte> buffer) => Buffers.Return(buffer);

    /// <summary>Writes <paramref name="value"/> into <paramref name="buffer"/>.</summary>
    public static void Write<T>(IBufferWriter<byte> buffer, T value, JsonTypeInfo<T> type)
    {
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true });
        JsonSerializer.Serialize(json, value, type);
    }

    /// <summary>The JSON of <paramref name="value"/> in an array of its own.</summary>
    public static byte[] Of<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = Rent();
        try
        {
            Write(buffer, value, type);
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            Return(buffer);
        }
    }

    // Kept for the next one unless they grew large.
    private sealed class KeptBuffers : IPooledObjectPolicy<ArrayBufferWriter<byte>>
    {
        private const int MostKept = 1024 * 1024;

        public ArrayBufferWriter<byte> Create() => new(4096);

        public bool Return(ArrayBufferWriter<byte> buffer)
        {
            buffer.ResetWrittenCount();
            return buffer.Capacity <= MostKept;
        }
    }
}
