using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// Tells the other gateways, through Redis and beside the requests, what was counted here, and hears what they have counted. Until then a caller
/// that goes to several gateways has what it can send in that interval; without Redis, its limit at each of them.
/// </summary>
internal sealed partial class SharedRates(
    RateLimiter limiter, IServiceProvider services, IOptions<RateLimitOptions> options, TimeProvider time, ILogger<SharedRates> logger) : BackgroundService
{
    private const int KeptMilliseconds = 150_000; // this minute and the next one

    // A field for each gateway. A command that is sent again, or that a frozen server carries out late, sets what is set already.
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

    private readonly RedisValue _self = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = TimeSpan.FromMilliseconds(options.Value.SharedEveryMilliseconds);
        var swept = time.GetTimestamp();
        try
        {
            while (await limiter.Untold.WaitToReadAsync(stoppingToken)) // a gateway that nobody asks has nothing to tell
            {
                await Task.Delay(interval, time, stoppingToken);
                await TellAsync();
                if (time.GetElapsedTime(swept) > TimeSpan.FromMinutes(1))
                {
                    limiter.Sweep();
                    swept = time.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException) // the gateway stops
        {
        }
    }

    private async Task TellAsync()
    {
        var told = new List<Task>();
        for (var waiting = limiter.Untold.Count; waiting > 0 && limiter.Untold.TryRead(out var window); waiting--)
        {
            var (minute, count) = window.Tell();
            if (_redis is { IsConnected: true } && count > 0)
            {
                told.Add(TellAsync(_redis.GetDatabase(), window, minute, count));
            }
        }

        try
        {
            await Task.WhenAll(told); // one flight: the commands are pipelined
            _failing &= told.Count == 0;
        }
        catch (Exception exception) // a connection that breaks fails what waits for it in many ways; whatever it was, the gateway goes on
        {
            if (!_failing)
            {
                LogAlone(exception.Message);
            }

            _failing = true;
        }
    }

    private async Task TellAsync(IDatabase redis, RateWindow window, long minute, int count)
    {
        var answer = (RedisResult[]?)await redis.ScriptEvaluateAsync(Script, [KeyOf(window, minute), KeyOf(window, minute - 1)], [_self, count, KeptMilliseconds]);
        if (answer is [var total, var previous])
        {
            window.Shared(minute, count, (long)total, (long)previous);
        }
    }

    private static RedisKey KeyOf(RateWindow window, long minute) => $"{CacheNames.Prefix}rate:{window.Name}:{minute}";

    [LoggerMessage(1, LogLevel.Warning, "Redis does not answer: rates are counted at each gateway alone. {Reason}")]
    private partial void LogAlone(string reason);
}
