using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Measures the requests of a process that has no gateway's log to do so: the outermost part of its pipeline.</summary>
internal sealed class RequestMeasurementMiddleware(RequestDelegate next, RequestMeasurement requests, QueryCount queries, ListenOptions listen)
{
    // Each thread looks at a hundred requests a second at most: at all of them when there are few, and at no price that shows when there are many.
    private static readonly long SampleEvery = Stopwatch.Frequency / 100;

    [ThreadStatic]
    private static long s_sampled;

    public Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        if (start - s_sampled >= SampleEvery)
        {
            s_sampled = start;
            return SampleAsync(context, start);
        }

        var answered = next(context);
        if (!answered.IsCompletedSuccessfully)
        {
            return WaitAsync(answered, context, start);
        }

        Record(context, start);
        return Task.CompletedTask;
    }

    private async Task WaitAsync(Task answered, HttpContext context, long start)
    {
        try
        {
            await answered;
        }
        finally
        {
            Record(context, start);
        }
    }

    private async Task SampleAsync(HttpContext context, long start)
    {
        var counted = QueryCount.Begin();
        try
        {
            await next(context);
        }
        finally
        {
            queries.End(counted, RouteTemplate.Of(context));
            Record(context, start);
        }
    }

    private void Record(HttpContext context, long start) => requests.Record(
        context.Request.Method, RouteTemplate.Of(context), Stopwatch.GetElapsedTime(start), context.Response.StatusCode,
        fromClient: !listen.IsFromGateway(context));
}
