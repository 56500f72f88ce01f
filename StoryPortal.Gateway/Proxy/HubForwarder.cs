using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using StoryPortal.Gateway.Proxy.Http2;
using Yarp.ReverseProxy.Forwarder;

namespace StoryPortal.Gateway.Proxy;

/// <summary>
/// Forwards what is asked most, reads without a body, over connections of its own: a request and its answer stay bytes, without the objects that a client
/// for everything makes of them. All else, and whatever those connections do not take, goes through YARP's forwarder. A failure looks the same from both.
/// </summary>
internal sealed partial class HubForwarder(IHttpForwarder yarp, HubPool hubs, ILogger<HubForwarder> logger) : IHttpForwarder
{
    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(100);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_headers;

    public ValueTask<ForwarderError> SendAsync(
        HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer) =>
        SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, CancellationToken.None);

    public ValueTask<ForwarderError> SendAsync(
        HttpContext context,
        string destinationPrefix,
        HttpMessageInvoker httpClient,
        ForwarderRequestConfig requestConfig,
        HttpTransformer transformer,
        CancellationToken cancellationToken)
    {
        var call = transformer is HubTransformer { StaysOpen: false } && Takes(context.Request) && requestConfig.Version == HttpVersion.Version20
            ? TrySend(context, destinationPrefix, requestConfig.ActivityTimeout ?? UsualTimeout)
            : null;
        return call is null ? yarp.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, cancellationToken) : ReceiveAsync(context, call);
    }

    private static bool Takes(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true
        && request.Headers.Upgrade.Count == 0;

    private HubCall? TrySend(HttpContext context, string address, TimeSpan timeout)
    {
        if (hubs.Of(address) is not { } hub)
        {
            return null;
        }

        var block = t_headers ??= new ArrayBufferWriter<byte>(1024);
        block.ResetWrittenCount();
        Write(context.Request, hub, block);
        return block.WrittenCount <= Frame.MostBytes ? hub.TrySend(block.WrittenSpan, timeout) : null;
    }

    private static void Write(HttpRequest request, Hub hub, ArrayBufferWriter<byte> block)
    {
        HeaderWriter.WriteRequest(block, request.Method, hub.Authority, PathText.Of(request.Path), request.QueryString.ToUriComponent());
        HubTransformer.Prepare(request.Headers);
        foreach (var (name, values) in request.Headers)
        {
            if (HeaderNames.IsPassedOn(name) && !name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                foreach (var value in values)
                {
                    HeaderWriter.Write(block, name, value ?? "");
                }
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // whoever forwards awaits it once
    private async ValueTask<ForwarderError> ReceiveAsync(HttpContext context, HubCall call)
    {
        var aborted = context.RequestAborted;
        using var leaving = aborted.UnsafeRegister(static call => ((HubCall)call!).Leave(), call);
        var (response, hasBegun) = (context.Response, false);
        while (true)
        {
            await call.WaitAsync();
            var part = call.Take();
            try
            {
                if (part is { IsComplete: true, End: not CallEnd.None })
                {
                    return Fail(context, part.End, hasBegun);
                }

                if (part.HasHeaders)
                {
                    response.StatusCode = HeaderReader.Read(part.Headers, response.Headers);
                    hasBegun = response.StatusCode >= StatusCodes.Status200OK;
                }

                if (!part.Body.IsEmpty)
                {
                    response.BodyWriter.Write(part.Body);
                }

                if (part.IsComplete)
                {
                    return ForwarderError.None; // the server sends all of it together with the end
                }
            }
            catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException) // no headers, or none that the server may send
            {
                call.Leave();
                response.Clear();
                return Report(context, ForwarderError.ResponseHeaders, StatusCodes.Status502BadGateway, exception);
            }
            finally
            {
                part.Return();
            }

            if (part.Length > part.HeaderLength)
            {
                var sent = await response.BodyWriter.FlushAsync(CancellationToken.None);
                if (sent.IsCompleted || aborted.IsCancellationRequested)
                {
                    call.Leave();
                    return Fail(context, CallEnd.Left, hasBegun: true);
                }

                call.Return(part.Length - part.HeaderLength);
            }
        }
    }

    private ForwarderError Fail(HttpContext context, CallEnd end, bool hasBegun)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort(); // or the caller would take a part for the whole
        }
        else
        {
            response.Clear();
        }

        return end switch
        {
            CallEnd.Left => Report(context, hasBegun ? ForwarderError.ResponseBodyCanceled : ForwarderError.RequestCanceled, StatusCodes.Status400BadRequest, null),
            CallEnd.TimedOut => Report(context, hasBegun ? ForwarderError.ResponseBodyCanceled : ForwarderError.RequestTimedOut, StatusCodes.Status504GatewayTimeout, null),
            _ => Report(context, hasBegun ? ForwarderError.ResponseBodyDestination : ForwarderError.Request, StatusCodes.Status502BadGateway, null),
        };
    }

    private ForwarderError Report(HttpContext context, ForwarderError error, int status, Exception? exception)
    {
        context.Features.Set<IForwarderErrorFeature>(new Failure(error, exception));
        if (error is not (ForwarderError.RequestCanceled or ForwarderError.ResponseBodyCanceled))
        {
            LogFailure(error, context.Request.Path, exception);
        }

        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = status;
        }

        return error;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "A hub has not answered {Path}: {Error}")]
    private partial void LogFailure(ForwarderError error, string path, Exception? exception);

    private sealed record Failure(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature;
}
