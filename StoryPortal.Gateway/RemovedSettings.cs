namespace StoryPortal.Gateway;

/// <summary>
/// Settings of earlier versions. One that is still set stops the start: without that its limit would silently be the default.
/// </summary>
internal static class RemovedSettings
{
    private static readonly (string Name, string Successor)[] Settings =
    [
        ("Connections:KeepAliveSeconds", "Kestrel:Limits:KeepAliveTimeout, a time such as 00:00:05"),
        ("Connections:HeadersSeconds", "Kestrel:Limits:RequestHeadersTimeout, a time such as 00:00:10"),
        ("Connections:SlowestBytesPerSecond", "Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond"),
        ("Connections:HeaderBytes", "Kestrel:Limits:MaxRequestHeadersTotalSize"),
        ("Connections:Headers", "Kestrel:Limits:MaxRequestHeaderCount"),
        ("Connections:RequestLineBytes", "Kestrel:Limits:MaxRequestLineSize"),
        ("Connections:StreamsPerConnection", "Kestrel:Limits:Http2:MaxStreamsPerConnection"),
        ("Connections:Backlog", "SocketTransport:Backlog"),
        ("Load:ConcurrentRequests", "Load:MaxConcurrentRequests"),
        ("Load:FewestConcurrentRequests", "Load:MinConcurrentRequests"),
        ("Load:TargetLatencyMilliseconds", "Load:TargetLatency, a time such as 00:00:00.100"),
        ("Load:ConcurrentStreams", "Load:MaxConcurrentStreams"),
        ("OutputCache:MostAnswers", "OutputCache:SizeLimit, in bytes"),
        ("OutputCache:MostBytes", "OutputCache:SizeLimit"),
        ("OutputCache:LargestBytes", "OutputCache:MaximumBodySize"),
        ("OutputCache:SilenceMilliseconds", "OutputCache:HeartbeatTimeout, a time such as 00:00:00.500"),
        ("OutputCache:AloneMilliseconds", "OutputCache:DisconnectedTtl, a time such as 00:00:01"),
        ("RateLimiting:SharedEveryMilliseconds", "RateLimiting:SyncInterval, a time such as 00:00:00.100"),
    ];

    /// <summary>Refuses a configuration with a removed setting.</summary>
    /// <exception cref="InvalidOperationException">Such a setting is set; the message names its successor.</exception>
    public static void ThrowIfAny(IConfiguration configuration)
    {
        foreach (var (name, successor) in Settings)
        {
            if (configuration[name] is not null)
            {
                throw new InvalidOperationException($"The setting {name} was removed: set {successor}.");
            }
        }
    }
}
