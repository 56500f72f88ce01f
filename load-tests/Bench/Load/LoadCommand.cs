using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using StoryPortal.Bench.Measuring;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.Bench.Load;

/// <summary><c>./bench.sh load</c>: a load test against a system of the benchmark's own, or against the one that runs.</summary>
internal sealed record LoadCommand(LoadScript Script, bool AgainstRunning)
{
    private static readonly Uri Kept = new("/v1/performance/load-tests", UriKind.Relative);

    /// <summary>What <paramref name="args"/> ask for, or null when they are not understood.</summary>
    public static LoadCommand? TryParse(ReadOnlySpan<string> args)
    {
        var (script, scale, running) = (LoadScript.All[0], 1.0, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--running":
                    running = true;
                    break;
                case "--scale" when i + 1 < args.Length && double.TryParse(args[++i], NumberStyles.Float, CultureInfo.InvariantCulture, out scale) && scale > 0:
                    break;
                case var name when LoadScript.All.FirstOrDefault(script => script.Name == name) is { } named:
                    script = named;
                    break;
                default:
                    return null;
            }
        }

        return new LoadCommand(script.Scaled(scale), running);
    }

    /// <summary>Runs it; the exit code says whether every target was kept.</summary>
    public async Task<int> RunAsync(CancellationToken stopped)
    {
        if (AgainstRunning)
        {
            using var running = LoadTarget.Running();
            return await RunAsync(running, stopped);
        }

        await using var stage = await Stage.SetAsync(new BenchOptions([], Quick: true), stopped);
        return await RunAsync(new LoadTarget(stage.Gateway, stage.Hub), stopped);
    }

    private async Task<int> RunAsync(LoadTarget target, CancellationToken stopped)
    {
        Console.Error.WriteLine($"{Script.Name}, up to {Script.MostUsers} users for {Script.Duration.TotalSeconds:N0} s");
        var outcome = await LoadRun.RunAsync(Script, target, stopped);
        foreach (var line in outcome.Lines())
        {
            Console.WriteLine(line);
        }

        using var kept = await target.Gateway.PostAsync(Kept, JsonContent.Create(outcome.ToLoadTest(), StoryJson.Contracts.NewLoadTest), stopped);
        if (kept.StatusCode != HttpStatusCode.Created)
        {
            throw new MeasurementFailedException($"The result was not kept: the gateway answered {(int)kept.StatusCode}: {await kept.Content.ReadAsStringAsync(stopped)}");
        }

        return outcome.Passed ? 0 : 1;
    }
}
