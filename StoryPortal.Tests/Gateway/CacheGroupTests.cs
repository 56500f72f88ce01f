using StoryPortal.Gateway.Caching;

namespace StoryPortal.Tests.Gateway;

/// <summary>For how long an answer is kept.</summary>
public sealed class CacheGroupTests
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();
    private readonly CacheGroup _group;

    public CacheGroupTests() => _group = new CacheGroup("services", new OutputCacheOptions { MostAnswers = 2, LargestBytes = 10 }, _time);

    [Fact]
    public void An_answer_is_kept_for_its_time_and_no_longer()
    {
        Assert.True(Keep("key"));
        _time.Advance(Life - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(_group.Find("key", Life));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(_group.Find("key", Life));
    }

    [Fact]
    public void What_was_fetched_before_a_change_is_not_kept_after_it()
    {
        Assert.True(Keep("kept"));
        var before = _group.Changes;
        _group.Evict();
        Assert.Null(_group.Find("kept", Life));
        Assert.False(Keep("late", changes: before));
        Assert.Null(_group.Find("late", Life));
    }

    [Fact]
    public void Memory_is_bounded()
    {
        Assert.False(Keep("large", bytes: 11));
        Assert.All(Enumerable.Range(0, 100), i => Assert.True(Keep($"{i}")));
        Assert.InRange(Enumerable.Range(0, 100).Count(i => _group.Find($"{i}", Life) is not null), 1, 2);
    }

    private bool Keep(string key, int? changes = null, int bytes = 1) =>
        _group.TryKeep(key, new CachedAnswer(_time.GetUtcNow().ToUnixTimeMilliseconds(), [], new byte[bytes]), changes ?? _group.Changes);
}
