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
            read = await body.ReadAsync(CancellationToken.None); // the server ends it when the caller goes
            while (read.Buffer.Length < Enough && !read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                read = await body.ReadAsync(CancellationToken.None);
            }
        }
        catch (BadHttpRequestException left) when (left.StatusCode == StatusCodes.Status400BadRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Abort(); // nobody is there to read why, and nothing left to look for in the body
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
