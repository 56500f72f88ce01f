using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>A caller holds no more batches, and no more of their bytes, than it leaves free.</summary>
public sealed class BatchSharesTests
{
    private readonly BatchShares _shares = new(10, maxBytes: 1000);

    [Fact]
    public void One_caller_has_half_of_the_bytes_and_another_has_room()
    {
        var one = _shares.TryAcquire("one")!;
        for (var i = 0; i < 5; i++)
        {
            Assert.True(one.TryAdd(100));
        }

        Assert.False(one.TryAdd(100));
        var other = _shares.TryAcquire("other")!;
        Assert.True(other.TryAdd(200));

        one.Dispose();
        Assert.True(other.TryAdd(300));
    }

    [Fact]
    public void Bytes_of_several_batches_of_one_caller_count_together()
    {
        using var one = _shares.TryAcquire("one")!;
        using var two = _shares.TryAcquire("one")!;
        Assert.True(one.TryAdd(300));
        Assert.True(two.TryAdd(200));
        Assert.False(two.TryAdd(100));
    }

    [Fact]
    public void One_caller_has_half_of_the_batches()
    {
        var held = Enumerable.Range(0, 10).Select(_ => _shares.TryAcquire("one")).OfType<BatchShares.Share>().ToList();
        Assert.Equal(5, held.Count);
        held.ForEach(share => share.Dispose());
        Assert.NotNull(_shares.TryAcquire("one"));
    }
}
