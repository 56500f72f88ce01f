using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Load;
using StoryPortal.Gateway.Telemetry;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace StoryPortal.Gateway.Proxy;

/// <summary>
/// Sends a request to a hub only once a good part of its body is there, most bodies whole. A client that leaves in the middle costs no
/// request that has to be cancelled at the hub, in which others' requests share a connection. While the body is awaited, the request is a
/// transfer and holds no slot of the concurrent requests.
/// </summary>
internal sealed class FirstBytesMiddleware(
    RequestDelegate next, GatewayMetrics metrics, IOptions<KestrelServerOptions> kestrel, TimeProvider time)
{
    private const int Enough = 64 * 1024;
    private const string RetryAfterSeconds = "1";

    private readonly MinDataRate? _minDataRate = kestrel.Value.Limits.MinRequestBodyDataRate;

    public Task InvokeAsync(HttpContext context)
    {
        var slot = RequestSlot.Get(context);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            return WaitAsync(context, slot);
        }

        slot.BeginForwarding(HttpMethods.IsGet(context.Request.Method));
        return next(context);
    }

    private async Task WaitAsync(HttpContext context, RequestSlot slot)
    {
        var body = context.Request.BodyReader;
        using var timeout = new ClientTimeout(_minDataRate, time, body.CancelPendingRead);
        ReadResult read;
        try
        {
            var enough = Math.Min(context.Request.ContentLength ?? Enough, Enough);
            var reading = body.ReadAtLeastAsync((int)enough, CancellationToken.None); // the server ends it when the client goes
            read = reading.IsCompleted ? await reading : await WaitAsync(body, reading, enough, slot, timeout);
        }
        catch (Exception exception) when (Refusal(exception) is { } refused)
        {
            // Here and not in the handler of exceptions: each part of the pipeline that one passes costs as much as a request.
            await RefuseAsync(context, refused);
            return;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }

        body.AdvanceTo(read.Buffer.Start); // nothing is taken: the next reader finds it
        if (timeout.IsExpired)
        {
            await RefuseAsync(context, RequestBodyErrors.TooSlow());
            return;
        }

        if (read.IsCanceled)
        {
            await CallerShareProblem.WriteAsync(context, slot, metrics);
            return;
        }

        if (!slot.TryEndTransfer())
        {
            metrics.Shed();
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await TypedResults.Problem(
                "The gateway is busy: too many requests are being served. Try again.", statusCode: StatusCodes.Status503ServiceUnavailable)
                .ExecuteAsync(context);
            return;
        }

        if (!read.IsCompleted)
        {
            context.Request.Body = new ClientRequestBody(context.Request.Body, slot, timeout);
        }

        await next(context);
    }

    // Cancelled: the timeout is over, or there is no room for a further transfer.
    private static async ValueTask<ReadResult> WaitAsync(
        PipeReader body, ValueTask<ReadResult> reading, long enough, RequestSlot slot, ClientTimeout timeout)
    {
        if (!slot.TryBeginTransfer())
        {
            body.CancelPendingRead();
            return await reading;
        }

        timeout.Add(enough);
        timeout.Begin();
        try
        {
            return await reading;
        }
        finally
        {
            timeout.End();
            timeout.Add(-enough); // ClientRequestBody counts them again
        }
    }

    private static BadHttpRequestException? Refusal(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest or StatusCodes.Status408RequestTimeout } bad => bad,
        _ => RequestBodyErrors.Find(exception, isExpired: false),
    };

    private static Task RefuseAsync(HttpContext context, BadHttpRequestException refused) =>
        TypedResults.Problem($"body: {refused.Message}", statusCode: refused.StatusCode).ExecuteAsync(context);
}
