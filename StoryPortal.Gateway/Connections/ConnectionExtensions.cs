using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Limits of connections and requests: Kestrel's own options, section <c>Kestrel:Limits</c>, with the gateway's defaults.
/// </summary>
internal static class ConnectionExtensions
{
    private const string KestrelLimits = "Kestrel:Limits";
    private const string HeaderFieldSize = "Http2:MaxRequestHeaderFieldSize";

    // Kestrel's own, 240 bytes a second, lets 64 KiB take four minutes.
    private static readonly MinDataRate DefaultRate = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(10));

    public static void AddConnectionLimits(this WebApplicationBuilder builder)
    {
        RemovedSettings.ThrowIfAny(builder.Configuration);
        builder.Services.AddOptions<ConnectionRateLimiterOptions>()
            .BindConfiguration(ConnectionRateLimiterOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<IConnectionListenerFactory, ConnectionRateLimiter>();
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.Backlog = 2048);
        builder.Services.Configure<SocketTransportOptions>(builder.Configuration.GetSection("SocketTransport"));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Request ids and rates evict all else from HPACK's table: compression costs a tenth to a fifth of the gateway's CPU time.
            kestrel.AllowResponseHeaderCompression = false;
            Configure(kestrel.Limits, builder.Configuration.GetSection(KestrelLimits));
        });
    }

    /// <summary>Reads the section over the gateway's defaults.</summary>
    /// <exception cref="InvalidOperationException">A name is unknown, or a value exceeds what a hub accepts.</exception>
    internal static void Configure(KestrelServerLimits limits, IConfigurationSection section)
    {
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(5);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MaxRequestBodySize = BodyLimits.Batch;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30); // detects callers whose connection broke without a word
        limits.MinRequestBodyDataRate = Rate(section, nameof(limits.MinRequestBodyDataRate));
        limits.MinResponseDataRate = Rate(section, nameof(limits.MinResponseDataRate));
        section.Bind(limits, binder => binder.ErrorOnUnknownConfiguration = true);

        ThrowIfAbove(limits.MaxRequestLineSize, RequestLimits.MaxLineBytes, nameof(limits.MaxRequestLineSize));
        ThrowIfAbove(limits.MaxRequestHeadersTotalSize, RequestLimits.MaxHeaderBytes, nameof(limits.MaxRequestHeadersTotalSize));
        ThrowIfAbove(limits.MaxRequestHeaderCount, RequestLimits.MaxHeaders, nameof(limits.MaxRequestHeaderCount));
        if (section[HeaderFieldSize] is null)
        {
            // One header may be as large as all of them, as over HTTP/1.1.
            limits.Http2.MaxRequestHeaderFieldSize = limits.MaxRequestHeadersTotalSize;
        }

        // RequestLineMiddleware responds 414 up to there: above, Kestrel resets an HTTP/2 stream.
        limits.MaxRequestLineSize *= RequestLineMiddleware.Headroom;
        limits.MaxRequestBufferSize = limits.MaxRequestBufferSize is { } buffer
            ? Math.Max(buffer, Math.Max(limits.MaxRequestLineSize, 2 * limits.MaxRequestHeadersTotalSize))
            : null;
    }

    // MinDataRate is immutable: the binder would ignore the values of one that is there.
    private static MinDataRate Rate(IConfigurationSection section, string name) =>
        section.GetSection(name) is var rate && rate.Exists()
            ? new MinDataRate(
                rate.GetValue("BytesPerSecond", DefaultRate.BytesPerSecond), rate.GetValue("GracePeriod", DefaultRate.GracePeriod))
            : DefaultRate;

    private static void ThrowIfAbove(int value, int max, string name)
    {
        if (value > max)
        {
            throw new InvalidOperationException($"{KestrelLimits}:{name} is {value}: a hub accepts {max} at most.");
        }
    }
}
