using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace StoryPortal.Gateway.Proxy;

/// <summary>
/// Troubles a hub only once a good part of the body is there, most bodies whole. A caller who leaves in the middle costs no request that has to be
/// taken back from the hub, in which others' requests share a connection; nor does one who sends a byte at a time hold anything there.
/// </summary>
internal sealed class FirstBytesMiddleware(RequestDelegate next)
{
    private const int Enough = 64 * 1024;

    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true ? WaitAsync(context) : next(context);

    private async Task WaitAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        ReadResult read;
        try
        {
            read = await body.ReadAtLeastAsync((int)Math.Min(context.Request.ContentLength ?? Enough, Enough), CancellationToken.None); // the server ends it when the caller goes
        }
        catch (BadHttpRequestException left) when (left.StatusCode == StatusCodes.Status400BadRequest)
        {
            // Here and not in the handler of exceptions: each part of the pipeline that one passes costs as much as a request.
            await TypedResults.Problem($"body: {left.Message}", statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
            return;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }

        body.AdvanceTo(read.Buffer.Start); // nothing is taken: whoever reads next finds it
        await next(context);
    }
}
