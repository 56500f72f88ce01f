using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.Routes;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>Answers from what is kept, for routes that say so. It stands behind authentication: nobody gets from here what he could not ask for.</summary>
internal sealed class OutputCacheMiddleware(RequestDelegate next, OutputCache cache, GatewayMetrics metrics, TimeProvider time)
{
    // What belongs to an answer whoever asks for it; all else belongs to the exchange in which it was fetched.
    private static readonly string[] Kept = ["Content-Type", "ETag", "Link", "Last-Modified", "Cache-Control"];

    // What the hub itself has only because it cannot ask the database.
    private static readonly StringValues Stale = "STALE";

    public Task InvokeAsync(HttpContext context)
    {
        var exchange = GatewayRequestContext.Get(context);
        var route = RoutePolicy.Get(context);
        if (route is { Cache: { } policy } && HttpMethods.IsGet(exchange.Method) && CacheKey.Of(context.Request, policy.Query) is { } key)
        {
            var group = cache.Group(policy.Group);
            if (!WantsFresh(context.Request) && cache.Find(group, key, policy) is { } answer)
            {
                metrics.Hit();
                return AnswerWriter.WriteAsync(context, exchange, answer, time);
            }

            metrics.Miss();
            return FetchAsync(context, exchange, policy, group, key);
        }

        if (route.Evicts is { } written)
        {
            // The hub has committed, and its caller has not heard yet: whoever hears of the write reads what was written.
            context.Response.OnStarting(static state =>
            {
                var (cache, context, written) = ((OutputCache, HttpContext, string))state;
                var changes = !context.Response.Headers.Remove(ChangeHeader.Name, out var said) || said != ChangeHeader.None;
                if (changes && context.Response.StatusCode is < 400 or >= 500)
                {
                    cache.Evict(written);
                }

                return Task.CompletedTask;
            }, (cache, context, written));
        }

        return next(context);
    }

    private static bool WantsFresh(HttpRequest request) => request.Headers.CacheControl is { Count: > 0 } control && control.ToString().Contains("no-cache", StringComparison.OrdinalIgnoreCase);

    private async Task FetchAsync(HttpContext context, GatewayRequestContext exchange, CachePolicy policy, CacheGroup group, string key)
    {
        var fill = group.Join(key, out var isFirst);
        if (!isFirst)
        {
            if (await fill.Result.Task.WaitAsync(context.RequestAborted) is { } fetched)
            {
                await AnswerWriter.WriteAsync(context, exchange, fetched, time);
                return;
            }

            await next(context);
            return;
        }

        CachedAnswer? answer = null;
        try
        {
            if (!WantsFresh(context.Request))
            {
                answer = await cache.FindSharedAsync(group, key, policy);
            }

            if (answer is null)
            {
                answer = await AskAsync(context, exchange, policy, group, key, fill.Changes);
                return;
            }
        }
        finally
        {
            group.Leave(key, fill, answer);
        }

        await AnswerWriter.WriteAsync(context, exchange, answer, time);
    }

    // The answer passes through memory whole: a route whose answers have no bound does not say that they are kept.
    private async Task<CachedAnswer?> AskAsync(HttpContext context, GatewayRequestContext exchange, CachePolicy policy, CacheGroup group, string key, int changes)
    {
        var fetchedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        var (request, response) = (context.Request, context.Response);
        var (query, encodings, condition) = (request.QueryString, request.Headers.AcceptEncoding, request.Headers.IfNoneMatch);
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var bytes = new MemoryStream(4096);

        request.QueryString = CacheKey.Query(request, policy.Query); // nothing of it that others did not ask for: the answer's links repeat it
        request.Headers.AcceptEncoding = default;
        request.Headers.IfNoneMatch = default;
        var fetched = new StreamResponseBodyFeature(bytes);
        context.Features.Set<IHttpResponseBodyFeature>(fetched);
        try
        {
            await next(context);
            await fetched.CompleteAsync(); // what was written and not yet sent
        }
        finally
        {
            context.Features.Set(body);
            request.QueryString = query;
            request.Headers.AcceptEncoding = encodings;
            request.Headers.IfNoneMatch = condition;
        }

        if (response.StatusCode != StatusCodes.Status200OK || response.Headers.SetCookie.Count > 0)
        {
            if (bytes.Length > 0)
            {
                await response.BodyWriter.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), context.RequestAborted);
            }

            return null;
        }

        KeyValuePair<string, StringValues>[] kept = [.. Kept.Where(name => response.Headers.ContainsKey(name)).Select(name => KeyValuePair.Create(name, response.Headers[name]))];
        var answer = new CachedAnswer(fetchedAt, kept, bytes.ToArray()) { Route = response.Headers[RouteHeader.Name] };
        var state = response.Headers["X-Cache"];
        if (state != Stale && !response.Headers.CacheControl.ToString().Contains("no-store", StringComparison.OrdinalIgnoreCase))
        {
            cache.Keep(group, key, answer, policy, changes);
        }

        response.Headers.Clear();
        await AnswerWriter.WriteAsync(context, exchange, answer, time, state.Count > 0 ? state : "MISS");
        return answer;
    }
}
