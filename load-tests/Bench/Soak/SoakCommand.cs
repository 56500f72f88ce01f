using System.Globalization;

namespace StoryPortal.Bench.Soak;

/// <summary><c>./bench.sh soak</c>: a steady load for a while, and whether anything grows under it.</summary>
/// <param name="Duration">For how long.</param>
internal sealed record SoakCommand(TimeSpan Duration)
{
    private const double ShareOfPeak = 0.6;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PeakRun = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>What <paramref name="args"/> ask for, or null when they are not understood. Fewer than four minutes say nothing of a trend.</summary>
    public static SoakCommand? TryParse(ReadOnlySpan<string> args) => args switch
    {
        [] => new SoakCommand(TimeSpan.FromMinutes(10)),
        ["--minutes", var text] when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var minutes) && minutes is >= 4 and <= 10_000 =>
            new SoakCommand(TimeSpan.FromMinutes(minutes)),
        _ => null,
    };

    /// <summary>Runs it; the exit code says whether nothing grew and nothing failed.</summary>
    public async Task<int> RunAsync(CancellationToken stopped)
    {
        await using var environment = await BenchmarkEnvironment.CreateAsync(new BenchmarkOptions([], Quick: true), stopped);
        await using var load = await SoakLoad.CreateAsync(environment, stopped);
        Console.Error.WriteLine("peak      as many requests as it takes, until everything is compiled, then measured");
        await load.ClosedAsync(WarmUp, stopped);
        var peak = await load.ClosedAsync(PeakRun, stopped);
        var rate = peak * ShareOfPeak;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak {peak:N0} requests/s; soaking at {ShareOfPeak:P0} of it, {rate:N0}/s, for {Duration.TotalMinutes:0.#} minutes"));
        Console.WriteLine(SoakReading.Header);

        var readings = new List<SoakReading>();
        load.Begin(rate, stopped);
        for (var at = Interval; at <= Duration; at += Interval)
        {
            await Task.Delay(Interval, stopped);
            readings.Add(await SoakReading.TakeAsync(at, load.Take(), Interval, environment));
            Console.WriteLine(readings[^1].Line());
        }

        Console.WriteLine();
        Console.WriteLine(SoakTrend.Header);
        var trends = SoakTrend.Of(readings);
        foreach (var trend in trends)
        {
            Console.WriteLine(trend.Line());
        }

        var failed = readings.Sum(reading => reading.Failed);
        Console.WriteLine($"{failed} requests failed; {trends.Count(trend => trend.Grows)} of {trends.Count} figures grow");
        return failed == 0 && !trends.Any(trend => trend.Grows) ? 0 : 1;
    }
}
