using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Takes on a few batches at a time: the body of one that waits is not read yet, so that memory stays bounded whoever sends how many.</summary>
/// <param name="name">What they are called.</param>
/// <param name="concurrency">How many at a time.</param>
/// <param name="waitSeconds">How long one waits for its turn.</param>
internal sealed class BatchGate(string name, int concurrency, double waitSeconds) : IEndpointFilter, IDisposable
{
    private readonly SemaphoreSlim _turns = new(concurrency);
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(waitSeconds);

    /// <exception cref="WriteQueueFullException">Its turn did not come in time.</exception>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (!await _turns.WaitAsync(_patience, context.HttpContext.RequestAborted))
        {
            throw new WriteQueueFullException(name);
        }

        try
        {
            return await next(context);
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();
}
