using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// Exchanges the counts of all gateways through Redis, beside the requests. Until then a caller of several gateways has what it can send
/// within the interval; without Redis, its limit at each gateway.
/// </summary>
internal sealed partial class RateSynchronizer(
    CallerWindows windows, IServiceProvider services, IOptions<RateLimitOptions> options, TimeProvider time,
    ILogger<RateSynchronizer> logger)
    : BackgroundService
{
    private const int TtlMilliseconds = 150_000; // this minute and the next one

    // A field for each gateway: a command that is repeated, or that a frozen server executes late, sets the same value.
    private const string Script = """
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        local function sum(key)
            local total = 0
            for _, count in ipairs(redis.call('HVALS', key)) do
                total = total + tonumber(count)
            end
            return total
        end
        return { sum(KEYS[1]), sum(KEYS[2]) }
        """;

    private readonly RedisValue _gateway = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await windows.PendingSync.WaitToReadAsync(stoppingToken)) // a gateway without requests has nothing to publish
            {
                await Task.Delay(options.Value.SyncInterval, time, stoppingToken);
                await SyncAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task SyncAsync()
    {
        var commands = new List<Task>();
        for (var pending = windows.PendingSync.Count; pending > 0 && windows.PendingSync.TryRead(out var window); pending--)
        {
            var (minute, count) = window.TakePending();
            if (_redis is { IsConnected: true } && count > 0)
            {
                commands.Add(SyncAsync(_redis.GetDatabase(), window, minute, count));
            }
        }

        try
        {
            await Task.WhenAll(commands); // pipelined
            _failing &= commands.Count == 0;
        }
        catch (Exception exception) // a broken connection fails its commands with many types of exception; none may end this service
        {
            if (!_failing)
            {
                LogFailed(exception.Message);
            }

            _failing = true;
        }
    }

    private async Task SyncAsync(IDatabase redis, SlidingWindow window, long minute, int count)
    {
        RedisKey[] keys = [GetKey(window, minute), GetKey(window, minute - 1)];
        var sums = (RedisResult[]?)await redis.ScriptEvaluateAsync(Script, keys, [_gateway, count, TtlMilliseconds]);
        if (sums is [var total, var previous])
        {
            window.SetTotals(minute, count, (long)total, (long)previous);
        }
    }

    private static RedisKey GetKey(SlidingWindow window, long minute) => $"{CacheNames.Prefix}rate:{window.Name}:{minute}";

    [LoggerMessage(1, LogLevel.Warning, "Redis does not respond: each gateway counts rates alone. {Reason}")]
    private partial void LogFailed(string reason);
}
