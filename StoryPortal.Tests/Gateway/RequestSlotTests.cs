using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Load;

namespace StoryPortal.Tests.Gateway;

/// <summary>What a request holds, and what one caller may hold.</summary>
public sealed class RequestSlotTests
{
    private readonly AdaptiveConcurrencyLimiter _limiter = new(
        Options.Create(new LoadOptions
        {
            MaxConcurrentRequests = 12,
            MaxConcurrentTransfers = 6,
            MaxConcurrentStreams = 5,
            MaxConcurrentStreamsPerCaller = 2,
        }),
        new ManualTime());

    private readonly CallerLoad _one = new();
    private readonly CallerLoad _two = new();

    [Fact]
    public void A_caller_gets_half_of_the_slots_two_a_third_each_and_what_is_released_is_free_again()
    {
        var held = Fill(_one);
        Assert.Equal(6, held.Count);
        held.AddRange(Fill(_two));
        Assert.Equal(9, held.Count);
        Assert.Equal(9, _limiter.Requests);

        held.ForEach(slot => slot.Release());
        Assert.Equal(0, _limiter.Requests);
        Assert.True(_one.IsIdle && _two.IsIdle);
        Assert.Equal(6, Fill(_two).Count);
    }

    [Fact]
    public void A_caller_gets_no_second_share_by_requests_whose_bodies_arrive_late()
    {
        var late = Fill(_one).Where(slot => slot.TryBeginTransfer()).ToList();
        Assert.Equal(3, late.Count);
        var others = Fill(_one);
        Assert.Equal((6, 3), (_one.Requests, _one.Transfers));

        Assert.All(late, slot => Assert.False(slot.TryEndTransfer()));
        Assert.Equal((6, 3), (_limiter.Requests, _limiter.Transfers));

        others.ForEach(slot => slot.Release());
        Assert.All(late, slot => Assert.True(slot.TryEndTransfer()));
        Assert.Equal((6, 0), (_limiter.Requests, _limiter.Transfers));
    }

    [Fact]
    public void A_request_that_waits_for_its_client_holds_no_slot_of_the_requests()
    {
        var held = Fill(_one);
        Assert.Equal(3, held.Count(slot => slot.TryBeginTransfer())); // half of the transfers; the others stay what they are
        Assert.Equal((3, 3), (_limiter.Requests, _limiter.Transfers));
        Assert.All(held.Take(3), slot => Assert.True(slot.TryBeginTransfer()));
        Assert.Equal((3, 3), (_one.Requests, _one.Transfers));

        Assert.True(held[0].TryEndTransfer());
        Assert.Equal((4, 2), (_limiter.Requests, _limiter.Transfers));
        held.ForEach(slot => slot.Release());
        held.ForEach(slot => slot.Release());
        Assert.Equal((0, 0), (_limiter.Requests, _limiter.Transfers));
        Assert.True(_one.IsIdle);
    }

    [Fact]
    public void A_caller_has_its_streams_and_others_theirs()
    {
        Assert.Equal([true, true, false], Streams(_one, 3));
        Assert.Equal([true, true, false], Streams(_two, 3));
        Assert.Equal([true, false], Streams(new CallerLoad(), 2)); // the fifth of all
    }

    [Fact]
    public void One_request_is_served_however_few_slots_are_free()
    {
        var limiter = new AdaptiveConcurrencyLimiter(Options.Create(new LoadOptions { MaxConcurrentRequests = 1 }), new ManualTime());
        var slot = new RequestSlot(limiter, isStream: false);
        Assert.True(slot.TryAcquire() && slot.TryAssign(_one));
    }

    [Fact]
    public void Without_shares_a_caller_gets_all()
    {
        var limiter = new AdaptiveConcurrencyLimiter(
            Options.Create(new LoadOptions { MaxConcurrentRequests = 5, CallerShare = 1 }), new ManualTime());
        Assert.All(Enumerable.Range(0, 5), _ =>
        {
            var slot = new RequestSlot(limiter, isStream: false);
            Assert.True(slot.TryAcquire() && slot.TryAssign(_one));
        });
    }

    private List<RequestSlot> Fill(CallerLoad caller)
    {
        var held = new List<RequestSlot>();
        while (true)
        {
            var slot = new RequestSlot(_limiter, isStream: false);
            if (!slot.TryAcquire())
            {
                return held;
            }

            if (!slot.TryAssign(caller))
            {
                slot.Release();
                return held;
            }

            held.Add(slot);
        }
    }

    private bool[] Streams(CallerLoad caller, int count) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
        {
            var slot = new RequestSlot(_limiter, isStream: true);
            if (!slot.TryAcquire())
            {
                return false;
            }

            if (slot.TryAssign(caller))
            {
                return true;
            }

            slot.Release();
            return false;
        }),
    ];
}
