using System.Diagnostics;
using StoryPortal.Gateway.RequestLog;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Gateway.RequestContext;

/// <summary>
/// Creates the <see cref="GatewayRequestContext"/>, writes request id and trace into the response, and records the request when it has
/// ended.
/// </summary>
internal sealed class RequestContextMiddleware(
    RequestDelegate next, GatewayMetrics metrics, RequestLogQueue log, TimeProvider time)
{
    private static readonly Func<object, Task> OnStarting = WriteHeadersAsync;

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var requestContext = new GatewayRequestContext
        {
            Started = Stopwatch.GetTimestamp(),
            Timestamp = time.GetUtcNow(),
            RequestId = RequestIds.GetOrCreate(context),
            Method = request.Method,
            Path = request.Path.Value ?? "/",
            Activity = Activity.Current,
            Address = context.Connection.RemoteIpAddress,
            UserAgent = request.Headers.UserAgent,
            RequestBytes = request.ContentLength,
        };
        context.Features.Set(requestContext);
        context.Response.OnStarting(OnStarting, context);

        var failed = true;
        try
        {
            await next(context);
            failed = false;
        }
        finally
        {
            Complete(context, requestContext, failed);
        }
    }

    private static Task WriteHeadersAsync(object state)
    {
        var context = (HttpContext)state;
        var requestContext = GatewayRequestContext.Get(context);
        var headers = context.Response.Headers;
        TakeRoute(requestContext, headers);
        headers[RequestIds.Header] = requestContext.RequestId;
        headers.TraceParent = requestContext.Activity?.Id;
        return Task.CompletedTask;
    }

    // The hub's template of the route is for the log alone.
    private static void TakeRoute(GatewayRequestContext requestContext, IHeaderDictionary headers)
    {
        if (headers.TryGetValue(RouteHeader.Name, out var route))
        {
            requestContext.Route = route;
            headers.Remove(RouteHeader.Name);
        }
    }

    private void Complete(HttpContext context, GatewayRequestContext requestContext, bool failed)
    {
        var response = context.Response;
        if (!response.HasStarted)
        {
            TakeRoute(requestContext, response.Headers); // a response without a body starts only after the pipeline
        }

        if (context.GetEndpoint() is RouteEndpoint endpoint)
        {
            requestContext.Route ??= endpoint.RoutePattern.RawText;
        }

        requestContext.StatusCode = failed ? StatusCodes.Status500InternalServerError : response.StatusCode;
        requestContext.Latency = Stopwatch.GetElapsedTime(requestContext.Started);
        if (requestContext.Activity is { IsAllDataRequested: true } span)
        {
            span.SetTag("http.route", requestContext.Route);
        }

        requestContext.Cache ??= response.Headers["X-Cache"];
        requestContext.ResponseBytes = response.ContentLength;
        requestContext.Consumer = context.Caller?.Name;
        metrics.RecordCompression(response.Headers);
        context.SetRequestTags(requestContext.Route);
        log.Add(requestContext);
    }
}
