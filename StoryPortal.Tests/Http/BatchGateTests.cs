using Microsoft.AspNetCore.Http;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>A few batches at a time; the others wait, and not for ever.</summary>
public sealed class BatchGateTests : IDisposable
{
    private readonly BatchGate _gate = new("batches", concurrency: 2, waitSeconds: 0.05);
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task A_batch_whose_turn_does_not_come_is_refused_before_it_is_read_and_taken_when_there_is_room_again()
    {
        var (one, other) = (BatchAsync(), BatchAsync());
        await Assert.ThrowsAsync<WriteQueueFullException>(BatchAsync);
        Assert.Equal(2, _begun);

        _written.SetResult();
        await Task.WhenAll(one, other);
        await BatchAsync();
        Assert.Equal(3, _begun);
    }

    [Fact]
    public async Task A_batch_that_fails_gives_its_turn_back()
    {
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<InvalidDataException>(async () => await _gate.InvokeAsync(Context(), _ => throw new InvalidDataException()));
        }
    }

    private static DefaultEndpointFilterInvocationContext Context() => new(new DefaultHttpContext());

    private async Task BatchAsync() => await _gate.InvokeAsync(Context(), async _ =>
    {
        _begun++;
        await _written.Task;
        return null;
    });
}
