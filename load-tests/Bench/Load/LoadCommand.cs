using System.Diagnostics;
using System.Globalization;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Load;

/// <summary><c>./bench.sh load</c>: a k6 script against a system of the benchmark's own, or against the one that runs.</summary>
/// <param name="Script">The name of the script.</param>
/// <param name="Scale">By how much its time is stretched.</param>
/// <param name="AgainstRunning">Whether the system that runs is asked.</param>
internal sealed record LoadCommand(string Script, double Scale, bool AgainstRunning)
{
    private const string DefaultScript = "load-test";

    private static readonly string[] Addresses = ["GATEWAY_URL", "SERVICE_HUB_URL", "ADMIN_KEY"];

    /// <summary>What <paramref name="args"/> ask for, or null when they are not understood.</summary>
    public static LoadCommand? TryParse(ReadOnlySpan<string> args)
    {
        var (script, scale, running) = (DefaultScript, 1.0, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--running":
                    running = true;
                    break;
                case "--scale" when i + 1 < args.Length && double.TryParse(args[++i], NumberStyles.Float, CultureInfo.InvariantCulture, out scale) && scale > 0:
                    break;
                case var name when K6Engine.Names.Contains(name, StringComparer.Ordinal):
                    script = name;
                    break;
                default:
                    return null;
            }
        }

        return new LoadCommand(script, scale, running);
    }

    /// <summary>Runs it; the exit code says whether every threshold was met.</summary>
    /// <exception cref="MeasurementFailedException">The addresses of the running system are not in the environment.</exception>
    public async Task<int> RunAsync(CancellationToken stopped)
    {
        if (AgainstRunning)
        {
            return await RunAsync(Addresses.ToDictionary(name => name, Variable), stopped);
        }

        await using var environment = await BenchmarkEnvironment.CreateAsync(new BenchmarkOptions([], Quick: true), stopped);
        return await RunAsync(AddressesOf(environment), stopped);
    }

    /// <summary>The variables that scripts read, for the system of the benchmark.</summary>
    public static Dictionary<string, string> AddressesOf(BenchmarkEnvironment environment) => new()
    {
        ["GATEWAY_URL"] = environment.Gateway.BaseAddress!.ToString(),
        ["SERVICE_HUB_URL"] = environment.Hub.BaseAddress!.ToString(),
        ["ADMIN_KEY"] = environment.Gateway.DefaultRequestHeaders.GetValues("X-API-Key").Single(),
    };

    private async Task<int> RunAsync(Dictionary<string, string> variables, CancellationToken stopped)
    {
        variables["SCALE"] = Scale.ToString(CultureInfo.InvariantCulture);
        if (FindK6() is { } k6)
        {
            return await RunK6Async(k6, variables, stopped);
        }

        Console.Error.WriteLine("k6 is not installed: the script runs in this process.");
        variables["LOAD_TOOL"] = "bench.sh load";
        return await LoadRun.RunAsync(Script, variables, Console.Out, stopped) ? 0 : 1;
    }

    private async Task<int> RunK6Async(string k6, Dictionary<string, string> variables, CancellationToken stopped)
    {
        var start = new ProcessStartInfo(k6, ["run", K6Engine.FileOf(Script)]);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value; // not on the command line, which everybody can read
        }

        using var process = Process.Start(start)!;
        try
        {
            await process.WaitForExitAsync(stopped);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return process.ExitCode == 0 ? 0 : 1;
    }

    private static string? FindK6() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "k6")).FirstOrDefault(File.Exists);

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new MeasurementFailedException($"{name} is not set. Start the system, and run: eval \"$(./start.sh --env)\"");
}
