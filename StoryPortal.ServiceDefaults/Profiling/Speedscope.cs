using System.IO.Compression;
using System.Text.Json;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>
/// Writes stacks in the file format of speedscope (https://www.speedscope.app/file-format-schema.json), compressed: one profile of the stacks that
/// ran, and one of those that waited, so that everybody can see what was left out. A weight is a number of samples.
/// </summary>
internal static class Speedscope
{
    private const int MostStacks = 10_000;
    private const int DeepestStack = 256;
    private const string Rarer = "(rarer stacks)";

    public static byte[] Write(string name, IReadOnlyCollection<SampledStack> stacks)
    {
        var frames = new FrameTable();
        var running = Samples(stacks, SampleKind.Running, frames);
        var waiting = Samples(stacks, SampleKind.Waiting, frames);

        using var file = new MemoryStream();
        using (var compressed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
        using (var json = new Utf8JsonWriter(compressed))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://www.speedscope.app/file-format-schema.json");
            json.WriteString("name", name);
            json.WriteString("exporter", "Story Portal");
            json.WriteNumber("activeProfileIndex", 0);
            json.WriteStartObject("shared");
            json.WriteStartArray("frames");
            foreach (var frame in frames.Names)
            {
                json.WriteStartObject();
                json.WriteString("name", frame);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("profiles");
            WriteProfile(json, $"{name}: running", running);
            WriteProfile(json, $"{name}: waiting", waiting);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return file.ToArray();
    }

    private static void WriteProfile(Utf8JsonWriter json, string name, List<(int[] Stack, int Samples)> stacks)
    {
        json.WriteStartObject();
        json.WriteString("type", "sampled");
        json.WriteString("name", name);
        json.WriteString("unit", "none");
        json.WriteNumber("startValue", 0);
        json.WriteNumber("endValue", stacks.Sum(stack => (long)stack.Samples));
        json.WriteStartArray("samples");
        foreach (var (stack, _) in stacks)
        {
            json.WriteStartArray();
            foreach (var frame in stack)
            {
                json.WriteNumberValue(frame);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (var (_, samples) in stacks)
        {
            json.WriteNumberValue(samples);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // The outermost frame first, and side by side what has the same callers: in the order of time, too, it reads as a flame graph.
    private static List<(int[] Stack, int Samples)> Samples(IEnumerable<SampledStack> stacks, SampleKind kind, FrameTable frames)
    {
        var all = stacks.Where(stack => stack.Kind == kind).OrderByDescending(stack => stack.Samples).ToList();
        var written = all.Take(MostStacks)
            .Select(stack => (Stack: stack.Frames.Take(DeepestStack).Reverse().Select(frames.IndexOf).ToArray(), stack.Samples)).ToList();
        written.Sort((one, other) => one.Stack.AsSpan().SequenceCompareTo(other.Stack));
        if (all.Count > MostStacks)
        {
            written.Add(([frames.IndexOf(Rarer)], all.Skip(MostStacks).Sum(stack => stack.Samples)));
        }

        return written;
    }

    private sealed class FrameTable
    {
        private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

        public List<string> Names { get; } = [];

        public int IndexOf(string frame)
        {
            if (!_indexes.TryGetValue(frame, out var index))
            {
                _indexes[frame] = index = Names.Count;
                Names.Add(frame);
            }

            return index;
        }
    }
}
