using System.Globalization;
using StackExchange.Redis;

namespace StoryPortal.DataLayer.Performance;

/// <summary>What Redis says of itself.</summary>
public sealed class RedisDiagnostics(IConnectionMultiplexer redis)
{
    private const int Burst = 200;
    private const int PageSize = 250;

    /// <summary>The fields of <c>INFO</c>.</summary>
    /// <exception cref="RedisException">It does not answer.</exception>
    public async Task<Dictionary<string, string>> InfoAsync()
    {
        // As a plain command: the client's own would ask for administrator's rights.
        var text = (string?)await redis.GetDatabase().ExecuteAsync("INFO") ?? "";
        return text.Split('\n')
            .Select(line => line.TrimEnd('\r').Split(':', 2))
            .Where(field => field.Length == 2)
            .ToDictionary(field => field[0], field => field[1]);
    }

    /// <summary>A number of <see cref="InfoAsync"/>; null where it is not told.</summary>
    public static double? Number(Dictionary<string, string> info, string field) =>
        info.TryGetValue(field, out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Looks at <paramref name="most"/> keys: how many there were, and those that never end.</summary>
    public async Task<(int Seen, List<string> Endless)> EndlessKeysAsync(int most, CancellationToken cancellationToken)
    {
        var (seen, endless) = (0, new List<string>());
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            await foreach (var keys in server.KeysAsync(pageSize: PageSize).Take(most).Chunk(PageSize).WithCancellation(cancellationToken))
            {
                // -1: it has no end. -2: it has ended since.
                var lives = await Task.WhenAll(keys.Select(key => redis.GetDatabase().ExecuteAsync("PTTL", key)));
                endless.AddRange(keys.Zip(lives).Where(pair => (long)pair.Second == -1).Select(pair => pair.First.ToString()));
                seen += keys.Length;
            }
        }

        return (seen, endless);
    }

    /// <summary>Sends many commands at once and asks Redis how often it had to read to get them; null where it does not count that.</summary>
    public async Task<(long Commands, long Reads)?> PipeliningAsync()
    {
        var before = await InfoAsync();
        await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => redis.GetDatabase().PingAsync()));
        var after = await InfoAsync();
        return Delta("total_commands_processed") is { } commands && Delta("total_reads_processed") is { } reads ? ((long)commands, (long)reads) : null;

        double? Delta(string field) => Number(after, field) - Number(before, field);
    }
}
