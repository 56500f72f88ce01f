using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.Telemetry;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace StoryPortal.Gateway.Proxy;

/// <summary>
/// Sends a request to another hub when one has failed, as long as nothing can happen twice: only what reads and has no body, and only before the
/// answer has begun. A hub that could not even be connected to has not seen the request, so any may go to another then. An only hub is asked once
/// more itself where the request failed at once: its connection may have broken because of others, whose requests go over the same.
/// </summary>
internal sealed class RetryMiddleware(RequestDelegate next, GatewayMetrics metrics)
{
    private const int MostAttempts = 3;
    private const string RetryAfterSeconds = "1";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);

        // The usual case costs one look.
        if (context.Features.Get<IForwarderErrorFeature>() is { } error)
        {
            await TryOthersAsync(context, error);
        }
    }

    private async Task TryOthersAsync(HttpContext context, IForwarderErrorFeature error)
    {
        var proxied = context.GetReverseProxyFeature();
        var others = proxied.AllDestinations.ToList();
        for (var attempt = 2; attempt <= MostAttempts && CanRepeat(context, error); attempt++)
        {
            others.Remove(proxied.ProxiedDestination!);
            List<DestinationState> healthy = attempt == 2 && proxied.AllDestinations.Count == 1 && !IsUnreachable(error) && HasJustBegun(context)
                ? [proxied.ProxiedDestination!]
                : [.. others.Where(hub => hub.Health.Active != DestinationHealth.Unhealthy)];
            if (healthy.Count == 0)
            {
                break;
            }

            metrics.Retried();
            proxied.AvailableDestinations = healthy;
            proxied.ProxiedDestination = null;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.StatusCode = StatusCodes.Status200OK;
            await next(context);
            if (context.Features.Get<IForwarderErrorFeature>() is not { } again)
            {
                return;
            }

            error = again;
        }

        if (!context.Response.HasStarted && IsFaultOfTheHub(context, error))
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }

        if (!context.Response.HasStarted && context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }
    }

    // A body that is being passed on when its hub goes away may fail to be read, which the proxy puts down to the caller. Whoever sent a wrong one is told by the server.
    private static bool IsFaultOfTheHub(HttpContext context, IForwarderErrorFeature error) =>
        error.Error == ForwarderError.RequestBodyClient && context.Response.StatusCode == StatusCodes.Status400BadRequest
        && !context.RequestAborted.IsCancellationRequested && error.Exception?.GetBaseException() is not BadHttpRequestException;

    private static bool CanRepeat(HttpContext context, IForwarderErrorFeature error)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || context.GetReverseProxyFeature().ProxiedDestination is null)
        {
            return false;
        }

        return error.Error is ForwarderError.Request or ForwarderError.ResponseBodyDestination
            && (Reads(context) || IsUnreachable(error));
    }

    // A hub that hangs would only be waited for twice.
    private static bool HasJustBegun(HttpContext context) => Stopwatch.GetElapsedTime(GatewayRequestContext.Get(context).Started) < Soon;

    private static bool IsUnreachable(IForwarderErrorFeature error) => error.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };

    private static bool Reads(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method))
        && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true;
}
