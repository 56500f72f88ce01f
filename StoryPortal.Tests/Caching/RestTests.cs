using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.Tests.Gateway;

namespace StoryPortal.Tests.Caching;

/// <summary>Nobody listens for nobody.</summary>
public sealed class RestTests
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly Rest _rest;

    public RestTests() => _rest = new Rest(After, TimeSpan.FromMinutes(1), _time);

    [Fact]
    public void It_is_due_when_nobody_has_relied_on_anything_for_long_enough()
    {
        Assert.False(_rest.IsDue());
        _time.Advance(After - TimeSpan.FromSeconds(1));
        Assert.False(_rest.IsDue());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_rest.IsDue());

        _rest.Rely();
        Assert.False(_rest.IsDue());
        _time.Advance(After);
        Assert.True(_rest.IsDue());
    }

    [Fact]
    public void It_is_never_due_where_that_is_wanted()
    {
        var never = new Rest(TimeSpan.Zero, TimeSpan.Zero, _time);
        Assert.False(never.IsDue());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(never.IsDue());
    }

    [Fact]
    public async Task Whoever_ends_it_waits_for_the_first_beat_after_it()
    {
        var rests = RestAsync();
        Assert.False(rests.IsCompleted);

        var waits = _rest.EndAsync().AsTask();
        await rests;
        Assert.False(waits.IsCompleted);

        _rest.Over();
        await waits;
        Assert.True(_rest.EndAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task Who_relies_on_something_just_before_it_begins_is_seen()
    {
        Assert.True(IsDue());
        _rest.Rely();
        await _rest.TakeAsync(CancellationToken.None);
    }

    [Fact]
    public async Task It_ends_with_the_process()
    {
        using var stopping = new CancellationTokenSource();
        Assert.True(IsDue());
        var rests = _rest.TakeAsync(stopping.Token);
        await stopping.CancelAsync();
        await rests;
    }

    private Task RestAsync()
    {
        Assert.True(IsDue());
        return _rest.TakeAsync(CancellationToken.None);
    }

    private bool IsDue()
    {
        _ = _rest.IsDue();
        _time.Advance(After);
        return _rest.IsDue();
    }
}
