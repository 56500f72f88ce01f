using System.Diagnostics;
using StoryPortal.Gateway.Load;
using StoryPortal.Gateway.RequestLog;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Routing;

namespace StoryPortal.Gateway.Exchanges;

/// <summary>The outermost part: gives each request its id, each answer the headers that all of them have, and the log its line.</summary>
internal sealed class ExchangeMiddleware(
    RequestDelegate next, AnswerHeaders headers, LoadLimit load, RequestMeasurement requests, AnswerCounts answers, RequestLogQueue log, TimeProvider time)
{
    private const string Prefix = "/api";

    private static readonly PathString Versioned = "/api/v1";

    private readonly Func<object, Task> _writeHeaders = headers.OnStartingAsync;

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (EncodedPath.Read(context) is { } path)
        {
            request.Path = path;
        }

        if (request.Path.StartsWithSegments(Versioned, StringComparison.Ordinal))
        {
            request.Path = new PathString(request.Path.Value![Prefix.Length..]); // two addresses of one API; the text alone would be decoded once more
        }

        var exchange = new Exchange
        {
            Started = Stopwatch.GetTimestamp(),
            Timestamp = time.GetUtcNow(),
            RequestId = RequestIds.Of(context),
            Method = request.Method,
            Path = request.Path.Value ?? "/",
            Activity = Activity.Current,
            Address = context.Connection.RemoteIpAddress,
            UserAgent = request.Headers.UserAgent,
            RequestBytes = request.ContentLength,
            Context = context,
        };
        exchange.RememberFor(context);
        context.Response.OnStarting(_writeHeaders, exchange);

        var failed = true;
        try
        {
            if (HasLeft(context))
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                exchange.Context = null; // nobody reads headers
            }
            else
            {
                await next(context);
            }

            failed = false;
        }
        finally
        {
            Complete(context, exchange, failed);
        }
    }

    // Over HTTP/2 a request can be taken back before its turn has come. (Over HTTP/1.1 one has to look for that, and would find it later.)
    private static bool HasLeft(HttpContext context) => HttpProtocol.IsHttp2(context.Request.Protocol) && context.RequestAborted.IsCancellationRequested;

    private void Complete(HttpContext context, Exchange exchange, bool failed)
    {
        if (!context.Response.HasStarted)
        {
            headers.Write(exchange); // an answer without a body starts only when all of this is over
        }

        exchange.Context = null; // the server uses it again
        if (context.GetEndpoint() is RouteEndpoint endpoint)
        {
            exchange.Route ??= endpoint.RoutePattern.RawText;
        }

        exchange.StatusCode = failed ? StatusCodes.Status500InternalServerError : context.Response.StatusCode;
        exchange.Latency = Stopwatch.GetElapsedTime(exchange.Started);
        if (exchange.IsServed)
        {
            load.Leave(HttpMethods.IsGet(exchange.Method) ? exchange.Latency : null); // how long a body takes is up to its sender
        }

        if (exchange.Activity is { IsAllDataRequested: true } span)
        {
            span.SetTag("http.route", exchange.Route);
        }

        exchange.ResponseBytes = context.Response.ContentLength;
        exchange.Consumer = context.Caller?.Name;
        answers.Add(context);
        requests.Record(exchange.Method, exchange.Route, exchange.Latency, exchange.StatusCode, fromClient: true);
        log.Add(exchange);
    }
}
