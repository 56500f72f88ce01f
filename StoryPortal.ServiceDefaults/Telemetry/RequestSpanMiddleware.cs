using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>
/// Says in the span of a request what was asked and answered, by the names of OpenTelemetry's conventions for HTTP. The server makes the span and
/// leaves it empty; a request that is not recorded costs one look. Probes are never recorded.
/// </summary>
internal sealed class RequestSpanMiddleware(RequestDelegate next, CallerTraces traces)
{
    private const string Route = "http.route";

    public Task InvokeAsync(HttpContext context)
    {
        if (Activity.Current is not { IsAllDataRequested: true } span)
        {
            return next(context);
        }

        if (IsProbe(context.Request.Path))
        {
            span.IsAllDataRequested = false;
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return next(context);
        }

        traces.SampleForwarded(context, span);
        return DescribeAsync(context, span);
    }

    private async Task DescribeAsync(HttpContext context, Activity span)
    {
        var request = context.Request;
        var method = request.Method;
        span.SetTag("http.request.method", method);
        span.SetTag("url.scheme", request.Scheme);
        span.SetTag("url.path", request.PathBase + request.Path);
        span.SetTag("server.address", request.Host.Host);
        span.SetTag("server.port", request.Host.Port);
        span.SetTag("user_agent.original", request.Headers.UserAgent is { Count: > 0 } agent ? agent.ToString() : null);
        span.SetTag("network.protocol.version", request.Protocol is { Length: > 5 } protocol ? protocol["HTTP/".Length..] : null);
        try
        {
            await next(context);
            Conclude(context, span, method, context.Response.StatusCode);
        }
        catch (Exception exception)
        {
            span.AddException(exception);
            Conclude(context, span, method, StatusCodes.Status500InternalServerError);
            throw;
        }
    }

    private static void Conclude(HttpContext context, Activity span, string method, int status)
    {
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture));
            span.SetStatus(ActivityStatusCode.Error);
        }

        // Who knows the route better, as the gateway does, has said so already.
        var route = span.GetTagItem(Route) as string ?? RouteTemplate.Of(context);
        span.SetTag(Route, route);
        span.DisplayName = route is null ? method : $"{method} {route}";
    }

    private static bool IsProbe(PathString path) =>
        path.StartsWithSegments("/health") || path == "/alive" || path == TelemetryExtensions.MetricsPath;
}
