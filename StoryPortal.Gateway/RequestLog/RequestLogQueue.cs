using System.Threading.Channels;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>Requests that are answered and not logged yet. Adding one never waits: when there is no room it is dropped, and counted.</summary>
internal sealed class RequestLogQueue(IOptions<RequestLogOptions> options, GatewayMetrics metrics)
{
    private readonly bool _enabled = options.Value.Enabled;
    private readonly Channel<Exchange> _waiting = Channel.CreateBounded<Exchange>(new BoundedChannelOptions(options.Value.Capacity) { SingleReader = true });

    public ChannelReader<Exchange> Waiting => _waiting.Reader;

    public void Add(Exchange exchange)
    {
        if (_enabled && !IsProbe(exchange.Path) && !_waiting.Writer.TryWrite(exchange))
        {
            metrics.Dropped(1);
        }
    }

    public void Close() => _waiting.Writer.TryComplete();

    private static bool IsProbe(string path) => path.StartsWith("/health", StringComparison.Ordinal) || path is "/alive" or "/metrics";
}
