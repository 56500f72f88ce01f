using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>The windows of all callers: by key, and by address where there is no valid key. Deciding never waits for another process.</summary>
internal sealed class RateLimiter(IOptions<RateLimitOptions> options, IHostEnvironment environment, TimeProvider time)
{
    // Beyond it, addresses that were never seen share one window: memory stays bounded whoever comes.
    private const int MostAddresses = 100_000;

    private readonly int _perKey = options.Value.RequestsPerMinute ?? (environment.IsDevelopment() ? RateLimitOptions.InDevelopment : 60_000);
    private readonly int _perAddress = options.Value.RequestsPerMinutePerAddress ?? (environment.IsDevelopment() ? RateLimitOptions.InDevelopment : 6_000);
    private readonly ConcurrentDictionary<(string Id, int Limit), RateWindow> _keys = new();
    private readonly ConcurrentDictionary<IPAddress, RateWindow> _addresses = new();
    private readonly Channel<RateWindow> _untold = Channel.CreateUnbounded<RateWindow>();
    private RateWindow? _others;

    /// <summary>Windows with requests that the other gateways have not been told of.</summary>
    public ChannelReader<RateWindow> Untold => _untold.Reader;

    public RateAnswer Take(RateWindow window)
    {
        var answer = window.Take(time.GetUtcNow(), out var first);
        if (first)
        {
            _untold.Writer.TryWrite(window);
        }

        return answer;
    }

    /// <summary>The window of an authenticated caller.</summary>
    public RateWindow Of(CallerIdentity caller) =>
        _keys.GetOrAdd((caller.Id, caller.RequestsPerMinute ?? _perKey), static id => new RateWindow($"key:{id.Id}", id.Limit));

    /// <summary>The window of an address; of IPv6 the network of 64 bits, which one caller has to itself.</summary>
    public RateWindow Of(IPAddress? address)
    {
        var network = Network(address ?? IPAddress.None);
        return _addresses.TryGetValue(network, out var window) ? window
            : _addresses.Count >= MostAddresses ? _others ??= new RateWindow("ip:others", _perAddress)
            : _addresses.GetOrAdd(network, static (network, limit) => new RateWindow($"ip:{network}", limit), _perAddress);
    }

    /// <summary>Forgets callers that were not heard of for two minutes.</summary>
    public void Sweep()
    {
        var oldest = (time.GetUtcNow().ToUnixTimeSeconds() / 60) - 2;
        foreach (var (key, window) in _keys)
        {
            if (window.LastMinute < oldest)
            {
                _keys.TryRemove(key, out _);
            }
        }

        foreach (var (address, window) in _addresses)
        {
            if (window.LastMinute < oldest)
            {
                _addresses.TryRemove(address, out _);
            }
        }
    }

    private static IPAddress Network(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
