using System.Collections.Concurrent;
using System.Diagnostics;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Cache;

/// <summary>
/// Reads of a thousand agents at the hub at a steady rate, far below what the hub can serve: with as many requests as possible, the
/// response time would be the queue of a busy machine.
/// </summary>
internal static class PacedReads
{
    private const int Callers = 16;
    private const int Agents = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20); // of each caller: 800 requests a second

    /// <summary>Returns the response times in ms.</summary>
    /// <exception cref="MeasurementFailedException">A response was not 2xx.</exception>
    public static async Task<IReadOnlyCollection<double>> RunAsync(BenchmarkEnvironment environment, TimeSpan duration)
    {
        var times = new ConcurrentBag<double>();
        var elapsed = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => ReadAsync(environment, caller, elapsed, duration, times)));
        return times;
    }

    private static async Task ReadAsync(
        BenchmarkEnvironment environment, int caller, Stopwatch elapsed, TimeSpan duration, ConcurrentBag<double> times)
    {
        var random = new Random(caller);
        for (var due = Interval * caller / Callers; due < duration; due += Interval)
        {
            // A caller that is behind counts from when the request was due: a slow response must not hide the next ones.
            var start = due;
            if (due - elapsed.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, environment.Stopped);
                start = elapsed.Elapsed;
            }

            var agent = environment.Dataset.Agents[random.Next(Math.Min(Agents, environment.Dataset.Agents.Count))];
            using var response = await environment.Hub.GetAsync(new Uri($"/v1/agents/{agent}", UriKind.Relative), environment.Stopped);
            times.Add((elapsed.Elapsed - start).TotalMilliseconds);
            if (!response.IsSuccessStatusCode)
            {
                throw new MeasurementFailedException($"The response to a read was {(int)response.StatusCode}.");
            }
        }
    }
}
