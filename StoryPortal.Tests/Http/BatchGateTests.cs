using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>A few batches at a time; the others wait, and not for ever.</summary>
public sealed class BatchGateTests
{
    private readonly BatchGate _gate = new("batches", concurrency: 2, new BatchOptions { WaitSeconds = 0.05, MaxReceived = 20 });
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _bodies = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    [Fact]
    public async Task A_batch_whose_turn_does_not_come_is_refused_and_taken_when_there_is_room_again()
    {
        var (one, other) = (BatchAsync(), BatchAsync());
        await Assert.ThrowsAsync<WriteQueueFullException>(() => BatchAsync());
        Assert.Equal(2, _begun);

        _written.SetResult();
        await Task.WhenAll(one, other);
        await BatchAsync();
        Assert.Equal(3, _begun);
    }

    [Fact]
    public async Task A_batch_that_fails_gives_its_turn_back()
    {
        for (var i = 0; i < 50; i++)
        {
            await Assert.ThrowsAsync<InvalidDataException>(async () => await _gate.InvokeAsync(Context("a"), _ => throw new InvalidDataException()));
        }
    }

    [Fact]
    public async Task A_batch_whose_body_is_still_to_come_holds_no_turn()
    {
        var slow = Enumerable.Range(0, 5).Select(_ => BatchAsync("slow", new HeldStream(_bodies.Task))).ToList();
        _written.SetResult();
        await BatchAsync("other");
        Assert.Equal(1, _begun);
        _bodies.SetResult();
        await Task.WhenAll(slow);
        Assert.Equal(6, _begun);
    }

    [Fact]
    public async Task A_caller_has_as_many_batches_as_are_free_and_another_what_is_left()
    {
        var slow = Enumerable.Range(0, 10).Select(_ => BatchAsync("slow", new HeldStream(_bodies.Task))).ToList();
        var refused = Assert.IsType<ProblemHttpResult>(await BatchAsync("slow", new HeldStream(_bodies.Task)));
        Assert.Equal(StatusCodes.Status429TooManyRequests, refused.StatusCode);

        _written.SetResult();
        await BatchAsync("other");
        _bodies.SetResult();
        await Task.WhenAll(slow);
        Assert.Null(await BatchAsync("slow"));
    }

    private static DefaultEndpointFilterInvocationContext Context(string caller, Stream? body = null) => new(new DefaultHttpContext
    {
        User = new CallerIdentity("test", caller, caller, [Scope.Write]).ToPrincipal(),
        Request = { Body = body ?? Stream.Null },
    });

    private Task<object?> BatchAsync(string caller = "a", Stream? body = null) => _gate.InvokeAsync(Context(caller, body), async _ =>
    {
        Interlocked.Increment(ref _begun);
        await _written.Task;
        return null;
    }).AsTask();

    // Has its only byte when the task ends.
    private sealed class HeldStream(Task until) : MemoryStream([1])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await until.WaitAsync(cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
