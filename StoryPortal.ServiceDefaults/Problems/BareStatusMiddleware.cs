using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Problems;

/// <summary>
/// Gives a problem document to what the framework refuses with a bare status. The framework's own status code pages do the same and make every
/// answer wait for it; here one that is complete costs a look.
/// </summary>
internal sealed class BareStatusMiddleware(RequestDelegate next, IProblemDetailsService problems)
{
    public Task InvokeAsync(HttpContext context)
    {
        var answered = next(context);
        return !answered.IsCompletedSuccessfully ? CompleteAsync(answered, context)
            : IsBare(context) ? WriteAsync(context)
            : Task.CompletedTask;
    }

    private async Task CompleteAsync(Task answered, HttpContext context)
    {
        await answered;
        if (IsBare(context))
        {
            await WriteAsync(context);
        }
    }

    // Nobody reads what a caller who has left is told.
    private static bool IsBare(HttpContext context) =>
        context.Response is { StatusCode: >= 400 and < 600, HasStarted: false, ContentLength: null } response && string.IsNullOrEmpty(response.ContentType)
        && !context.RequestAborted.IsCancellationRequested;

    private Task<bool> WriteAsync(HttpContext context) => problems.TryWriteAsync(new ProblemDetailsContext
    {
        HttpContext = context,
        ProblemDetails = { Status = context.Response.StatusCode },
    }).AsTask();
}
