using System.Diagnostics;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Servers;

/// <summary>Programs that run once and end.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns what it writes; if it fails or is cancelled, it is ended.</summary>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            var texts = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? texts[0]
                : throw new MeasurementFailedException($"{program} ended with {process.ExitCode}: {texts[1]}{texts[0]}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
