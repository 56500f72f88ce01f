using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Measurement;

/// <summary>Load over HTTP/1.1 from 64 connections, by wrk.</summary>
internal static partial class Wrk
{
    public const int Connections = 64;

    /// <summary>Loads <paramref name="url"/>.</summary>
    /// <param name="url">The address that is requested.</param>
    /// <param name="duration">How long; whole seconds.</param>
    /// <param name="key">Sent as <c>X-API-Key</c>.</param>
    /// <param name="refused">Whether 99 % of the responses have to be refusals; else none may be.</param>
    /// <param name="script">A Lua script that makes the requests, or null for GET.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<LoadResult> RunAsync(
        Uri url, TimeSpan duration, string key, CancellationToken cancellationToken, bool refused = false, string? script = null)
    {
        var seconds = Math.Max(1, (int)duration.TotalSeconds);
        List<string> arguments = ["-c", $"{Connections}", "-t", "2", "-d", $"{seconds}", "-H", $"X-API-Key: {key}"];
        if (script is not null)
        {
            arguments.AddRange(["-s", script]);
        }

        var output = await Tool.RunAsync("wrk", [.. arguments, url.AbsoluteUri], cancellationToken);
        var requests = long.Parse(Requests().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var other = Other().Match(output) is { Success: true } match
            ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : 0;
        if (requests == 0 || (refused ? other < requests * 0.99 : other > 0))
        {
            throw new MeasurementFailedException($"{url}: {other} of {requests} responses were not 2xx or 3xx.\n{output}");
        }

        return new LoadResult(double.Parse(PerSecond().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture), requests);
    }

    [GeneratedRegex(@"Requests/sec:\s*([0-9.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Other();
}
