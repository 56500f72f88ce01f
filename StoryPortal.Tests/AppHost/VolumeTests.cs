using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>What lies outside the data directory belongs to it all the same.</summary>
public sealed class VolumeTests
{
    [Fact]
    public async Task A_data_directory_keeps_its_volume_and_one_made_again_at_the_same_place_gets_another()
    {
        using var data = new TemporaryFolder();

        var first = await VolumeAsync(data);
        Assert.Equal(first, await VolumeAsync(data));

        Directory.Delete(data.FullPath, recursive: true);
        Assert.NotEqual(first, await VolumeAsync(data));
    }

    private static async Task<string?> VolumeAsync(TemporaryFolder data)
    {
        await using var topology = await Topology.RunInContainers($"--StoryPortal:DataDirectory={data.FullPath}");
        return topology["postgres"].Annotations.OfType<ContainerMountAnnotation>().Single().Source;
    }
}
