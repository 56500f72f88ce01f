using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Takes on a few batches at a time: the body of one that waits is not read yet, so that memory stays bounded whoever sends how many.</summary>
internal sealed class BatchGate(IOptions<BatchOptions> options) : IEndpointFilter, IDisposable
{
    private readonly SemaphoreSlim _turns = new(options.Value.Concurrency);
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.Value.WaitSeconds);

    /// <exception cref="WriteQueueFullException">Its turn did not come in time.</exception>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (!await _turns.WaitAsync(_patience, context.HttpContext.RequestAborted))
        {
            throw new WriteQueueFullException("batches");
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
