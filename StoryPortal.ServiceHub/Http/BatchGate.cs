using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceHub.Batch;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// Works on a few batches at a time. A batch takes its turn when its body is there, so that a body that arrives slowly holds nothing that
/// others wait for.
/// </summary>
/// <param name="name">What the batches are called.</param>
/// <param name="concurrency">Batches at a time.</param>
/// <param name="options">The limits of batches.</param>
internal sealed class BatchGate(string name, int concurrency, BatchOptions options) : IEndpointFilter
{
    private const string RetryAfterSeconds = "1";

    private readonly BatchShares _received = new(options.MaxReceived, options.MaxReceivedBytes);
    private readonly BatchTurns _turns = new(concurrency);
    private readonly TimeSpan _timeout = TimeSpan.FromSeconds(options.WaitSeconds);

    /// <exception cref="WriteQueueFullException">No turn came in time.</exception>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var caller = http.Caller?.Id ?? "";
        if (http.Features.Get<BatchPart>() is not null)
        {
            return await TakeTurnAsync(context, next, caller); // its body is there, and its batch is counted
        }

        using var share = _received.TryAcquire(caller);
        if (share is null)
        {
            return Refuse(http);
        }

        await using var body = await SpooledBody.ReceiveAsync(http.Request, share, options, http.RequestAborted);
        return body is null ? Refuse(http) : await TakeTurnAsync(context, next, caller);
    }

    private ProblemHttpResult Refuse(HttpContext http)
    {
        http.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem(
            $"The hub accepts no further {name} of this caller at present. Wait for a response, then try again.",
            statusCode: StatusCodes.Status429TooManyRequests);
    }

    private async ValueTask<object?> TakeTurnAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, string caller)
    {
        if (!await _turns.WaitAsync(caller, _timeout, context.HttpContext.RequestAborted))
        {
            throw new WriteQueueFullException(name);
        }

        try
        {
            return await next(context);
        }
        finally
        {
            _turns.Release(caller);
        }
    }
}
