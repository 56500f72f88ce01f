using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Performance;

/// <summary>The limit of memory that a container gives its process, as its control group tells it.</summary>
public sealed class MemoryLimitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MemoryLimitTests() => Directory.CreateDirectory(_folder.FullPath);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("536870912\n", null, 536870912L)] // version 2
    [InlineData("max\n", null, null)]
    [InlineData(null, "1073741824\n", 1073741824L)] // version 1
    [InlineData(null, "9223372036854771712\n", null)]
    [InlineData(null, null, null)] // no control groups
    public void Is_read_in_both_versions(string? second, string? first, long? expected) =>
        Assert.Equal(expected, ProcessSnapshotReader.ReadMemoryLimit([Written("second", second), Written("first", first)]));

    private string Written(string name, string? text)
    {
        var file = Path.Combine(_folder.FullPath, name);
        if (text is not null)
        {
            File.WriteAllText(file, text);
        }

        return file;
    }
}
