using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Measurement;

/// <summary>Load over HTTP/2 and TLS from 64 connections, by h2load.</summary>
internal static partial class H2Load
{
    /// <summary>Loads <paramref name="url"/>; every response has to be 2xx.</summary>
    public static async Task<LoadResult> RunAsync(Uri url, TimeSpan duration, string key, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(1, (int)duration.TotalSeconds);
        string[] arguments =
        [
            "-c", $"{Wrk.Connections}", "-m", "1", "-t", "2", "-D", $"{seconds}",
            "--warm-up-time", "500ms", // for the TLS handshakes, else a large part of a run of one second
            "-H", $"x-api-key: {key}", url.AbsoluteUri,
        ];
        var output = await Tool.RunAsync("h2load", arguments, cancellationToken);
        var codes = Codes().Match(output);
        long[] counts = codes.Success ? [.. codes.Groups.Values.Skip(1).Select(Count)] : [];
        if (counts is not [> 0 and var requests, 0, 0, 0] || !output.Contains("Application protocol: h2", StringComparison.Ordinal))
        {
            throw new MeasurementFailedException($"{url}: not every response was 2xx over HTTP/2.\n{output}");
        }

        return new LoadResult(double.Parse(PerSecond().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture), requests);
    }

    private static long Count(Group group) => long.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"finished in [0-9.]+\w+, ([0-9.]+) req/s")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")]
    private static partial Regex Codes();
}
