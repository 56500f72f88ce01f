using System.IO.Compression;
using System.Text.Json;

namespace StoryPortal.Tests.Profiling;

/// <summary>A file for speedscope, checked against what its schema asks for as it is read.</summary>
internal sealed class SpeedscopeDocument
{
    private readonly JsonElement _root;

    private SpeedscopeDocument(JsonElement root)
    {
        _root = root;
        Assert.Equal("https://www.speedscope.app/file-format-schema.json", root.GetProperty("$schema").GetString());
        Frames = [.. root.GetProperty("shared").GetProperty("frames").EnumerateArray().Select(frame => frame.GetProperty("name").GetString()!)];
        Assert.Equal(Frames.Count, Frames.Distinct().Count());
        Assert.InRange(root.GetProperty("activeProfileIndex").GetInt32(), 0, root.GetProperty("profiles").GetArrayLength() - 1);
        foreach (var profile in root.GetProperty("profiles").EnumerateArray())
        {
            Assert.Equal(("sampled", "none", 0), (profile.GetProperty("type").GetString(), profile.GetProperty("unit").GetString(), profile.GetProperty("startValue").GetInt32()));
            Assert.NotEmpty(profile.GetProperty("name").GetString()!);
            var weights = profile.GetProperty("weights").EnumerateArray().Select(weight => weight.GetInt64()).ToList();
            Assert.Equal(profile.GetProperty("samples").GetArrayLength(), weights.Count);
            Assert.All(weights, weight => Assert.True(weight > 0));
            Assert.Equal(profile.GetProperty("endValue").GetInt64(), weights.Sum());
            Assert.True(profile.GetProperty("samples").EnumerateArray().SelectMany(stack => stack.EnumerateArray()).All(frame => frame.GetInt32() >= 0 && frame.GetInt32() < Frames.Count));
        }
    }

    public IReadOnlyList<string> Frames { get; }

    public static SpeedscopeDocument Of(JsonElement root) => new(root);

    /// <summary>As a process keeps it.</summary>
    public static SpeedscopeDocument Unpack(byte[] file)
    {
        using var unpacked = new GZipStream(new MemoryStream(file), CompressionMode.Decompress);
        return new SpeedscopeDocument(JsonDocument.Parse(unpacked).RootElement);
    }

    /// <summary>The stacks of a profile, the outermost frame first, with their weights.</summary>
    public List<(string[] Stack, long Weight)> Stacks(int profile)
    {
        var element = _root.GetProperty("profiles")[profile];
        return
        [
            .. element.GetProperty("samples").EnumerateArray().Zip(element.GetProperty("weights").EnumerateArray())
                .Select(pair => (pair.First.EnumerateArray().Select(frame => Frames[frame.GetInt32()]).ToArray(), pair.Second.GetInt64())),
        ];
    }

    public long Weight(int profile) => Stacks(profile).Sum(stack => stack.Weight);
}
