using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using StoryPortal.ServiceDefaults;

namespace StoryPortal.Gateway.Connections;

/// <summary>What bounds each connection. Their number has no bound: it is the requests that cost something.</summary>
internal static class ConnectionExtensions
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);

    public static void AddConnectionLimits(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.ReadOptions<ConnectionOptions>(ConnectionOptions.Section);
        builder.Services.AddSingleton(options);
        builder.WebHost.UseSockets(sockets => sockets.Backlog = options.Backlog);
        builder.Services.AddSingleton<IConnectionListenerFactory, FairTransport>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Ids and rates differ in every answer and push the rest out of the table of HTTP/2's header compression: it would cost a tenth to a fifth of the gateway's time.
            kestrel.AllowResponseHeaderCompression = false;
            var limits = kestrel.Limits;
            limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAliveSeconds);
            limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeadersSeconds);
            limits.MinRequestBodyDataRate = new MinDataRate(options.SlowestBytesPerSecond, Grace);
            limits.MaxRequestHeadersTotalSize = options.HeaderBytes;
            limits.MaxRequestHeaderCount = options.Headers;
            limits.MaxRequestLineSize = 2 * options.RequestLineBytes; // RequestLineMiddleware responds up to there; beyond, Kestrel resets an HTTP/2 stream
            limits.MaxRequestBufferSize = Math.Max(limits.MaxRequestBufferSize!.Value, 2 * Math.Max(options.RequestLineBytes, options.HeaderBytes));
            limits.MaxRequestBodySize = BodyLimits.Batch;
            limits.Http2.MaxStreamsPerConnection = options.StreamsPerConnection;
            limits.Http2.MaxRequestHeaderFieldSize = options.HeaderBytes;
            limits.Http2.KeepAlivePingDelay = PingDelay; // whoever has gone without a word leaves his streams behind
        });
    }
}
