using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// The sliding windows of all callers: by the id of an authenticated caller, else by address. Nothing here waits for another process.
/// </summary>
internal sealed class CallerWindows(IOptions<RateLimitOptions> options, IHostEnvironment environment, TimeProvider time)
{
    // Above it, new addresses share one window, so that a flood of addresses has no unbounded memory.
    private const int MaxAddresses = 100_000;

    private static readonly SlidingWindow NotCounted = new("", 1, TimeProvider.System);

    private readonly RateLimitOptions _options = options.Value;
    private readonly int _perKey =
        options.Value.RequestsPerMinute ?? (environment.IsDevelopment() ? RateLimitOptions.InDevelopment : 60_000);

    private readonly int _perAddress =
        options.Value.RequestsPerMinutePerAddress ?? (environment.IsDevelopment() ? RateLimitOptions.InDevelopment : 6_000);

    private readonly ConcurrentDictionary<(string? Policy, string Id, int Limit), SlidingWindow> _callers = new();
    private readonly ConcurrentDictionary<(string? Policy, IPAddress Network), SlidingWindow> _addresses = new();
    private readonly Channel<SlidingWindow> _pendingSync = Channel.CreateUnbounded<SlidingWindow>();

    /// <summary>Windows with requests that the other gateways do not know of.</summary>
    public ChannelReader<SlidingWindow> PendingSync => _pendingSync.Reader;

    /// <summary>The limiter of every request whose endpoint names no policy.</summary>
    public RateLimitPartition<SlidingWindow> GetDefaultPartition(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>() is null
            ? GetPartition(context, null)
            : RateLimitPartition.GetNoLimiter(NotCounted);

    /// <summary>The limiter of a request whose endpoint names <paramref name="policy"/>; null: the default.</summary>
    public RateLimitPartition<SlidingWindow> GetPartition(HttpContext context, string? policy)
    {
        var window = GetWindow(context, policy);
        GatewayRequestContext.Get(context).RateLimit = window;
        return RateLimitPartition.Get(window, static window => window);
    }

    // The limiter runs after authentication: a request whose authentication failed counts for its address.
    private SlidingWindow GetWindow(HttpContext context, string? policy)
    {
        var limits = policy is null ? null : _options.Policies[policy];
        if (context.Caller is { } caller)
        {
            return GetWindow(policy, caller.Id, limits?.RequestsPerMinute ?? caller.RequestsPerMinute ?? _perKey);
        }

        return GetWindow(policy, ClientNetwork.Get(context), limits?.RequestsPerMinutePerAddress ?? _perAddress);
    }

    private SlidingWindow GetWindow(string? policy, string caller, int limit) =>
        _callers.TryGetValue((policy, caller, limit), out var window)
            ? window
            : Add(_callers, (policy, caller, limit), policy, $"key:{caller}", limit);

    private SlidingWindow GetWindow(string? policy, IPAddress network, int limit) =>
        _addresses.TryGetValue((policy, network), out var window) ? window
            : _addresses.Count < MaxAddresses ? Add(_addresses, (policy, network), policy, $"ip:{network}", limit)
            : Add(_addresses, (policy, IPAddress.None), policy, "ip:others", limit);

    private SlidingWindow Add<TKey>(ConcurrentDictionary<TKey, SlidingWindow> windows, TKey key, string? policy, string caller, int limit)
        where TKey : notnull =>
        windows.GetOrAdd(key, new SlidingWindow(
            policy is null ? caller : $"policy:{policy}:{caller}",
            limit,
            time,
            onPending: window => _pendingSync.Writer.TryWrite(window),
            onExpired: window => windows.TryRemove(new(key, window))));
}
