using System.Diagnostics;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Primitives;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace StoryPortal.Gateway.Proxy;

/// <summary>What changes between the caller's request and the hub's: little, so it is done at once instead of in a list of steps for each request.</summary>
/// <param name="events">Sends answers that stay open, and their headers at once, as the first event may be long in coming; null: none does.</param>
internal sealed class HubTransformer(EventRelay? events) : HttpTransformer
{
    // What callers claim ends here: who they are the log knows, and none is a process of the system.
    private static readonly string[] Claims = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded", KeyHeaders.Internal];

    public override ValueTask TransformRequestAsync(HttpContext context, HttpRequestMessage request, string destinationPrefix, CancellationToken cancellationToken)
    {
        var headers = context.Request.Headers;
        foreach (var claim in Claims)
        {
            headers.Remove(claim);
        }

        // A hub would verify it again, and the limits of addresses are the gateway's.
        if (context.Caller is null)
        {
            headers.Remove(KeyHeaders.Api);
            headers.Authorization = default;
        }

        // Only a whole response can be cached; the output cache itself responds 304 to later requests.
        if (context.Features.Get<IOutputCacheFeature>() is not null)
        {
            headers.IfNoneMatch = default;
        }

        // The gateway's span replaces the caller's. The instrumentation of HttpClient does the same, at a cost for every request, recorded or not.
        if (Activity.Current is { } span)
        {
            headers.TraceParent = span.Id;
            headers.TraceState = span.TraceStateString is { Length: > 0 } state ? state : default(StringValues);
        }

        var copied = base.TransformRequestAsync(context, request, destinationPrefix, cancellationToken);
        request.Headers.Host = null; // the hub's own
        if (context.Request.Path.Value!.Contains('%', StringComparison.Ordinal))
        {
            request.RequestUri = new Uri(destinationPrefix.TrimEnd('/') + EncodedPath.Encode(context.Request.Path) + context.Request.QueryString.ToUriComponent());
        }

        return copied;
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        var copied = base.TransformResponseAsync(context, response, cancellationToken);
        return events is not null && response is not null ? SendOpenAsync(context, response, copied, events) : copied;
    }

    // False: there is nothing left for the proxy to send.
    private static async ValueTask<bool> SendOpenAsync(HttpContext context, HttpResponseMessage response, ValueTask<bool> copied, EventRelay events)
    {
        var hasBody = await copied;
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        if (!hasBody || !EventRelay.Takes(response))
        {
            return hasBody;
        }

        await events.SendAsync(context, response);
        return false;
    }
}
