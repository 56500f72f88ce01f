using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace StoryPortal.AppHost.Commands;

/// <summary>Runs <c>dotnet-trace</c> of the repository's tool manifest.</summary>
/// <param name="directory">A folder below the manifest <c>.config/dotnet-tools.json</c>.</param>
public sealed class DotnetTrace(string directory)
{
    private const string ToolRemedy = "Run 'dotnet tool restore' in the repository, with a package source that has dotnet-trace.";

    private const int Rows = 20;

    // Rows to ask for, so that enough are left without those of waiting methods.
    private const int RowsWithWaits = 100;

    // The columns of a report begin with the rank and end with two percentages.
    private const string Never = "0%";

    // Samples are wall-clock samples of all threads: these methods wait, or group other rows.
    private static readonly string[] Waits =
    [
        "(Non-Activities)", "Threads", "Missing Symbol", "Thread.StartCallback", "Thread.<PollGC>", "LowLevelLifoSemaphore.", "LowLevelMonitor.", "LowLevelSpinWaiter.", "WaitHandle.Wait", "WaitSubsystem", "ManualResetEventSlim.Wait",
        "Monitor.Wait", "Monitor.ObjWait", "Condition.Wait", "Thread.Sleep", "Thread.Join", "Task.Wait", "Task.InternalWait", "Task.SpinThenBlockingWait",
        "SocketAsyncEngine.EventLoop", "DedicatedThreadPoolPipeScheduler.", "TimerQueue.TimerThread", "PortableThreadPool+GateThread", "FileSystemWatcher+RunningInstance",
    ];

    /// <summary>How long the stacks are sampled.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(8);

    /// <summary>Samples the stacks of a process into the file <paramref name="trace"/> and returns the exclusive and the inclusive report as Markdown.</summary>
    /// <exception cref="DotnetTraceException">dotnet-trace is missing or fails; the message says what to do.</exception>
    public async Task<string> ProfileAsync(int process, string trace, CancellationToken cancellationToken)
    {
        await RunAsync(ToolRemedy, ["tool", "restore"], cancellationToken);
        await RunAsync(ToolRemedy, ["dotnet-trace", "--version"], cancellationToken); // without a manifest 'restore' succeeds
        await RunAsync(
            "The process may have stopped, or runs with DOTNET_EnableDiagnostics=0: look at the resource's state, then try again.",
            [
                "dotnet-trace", "collect", "--process-id", process.ToString(CultureInfo.InvariantCulture), "--profile", "dotnet-sampled-thread-time",
                "--duration", Duration.ToString("c", CultureInfo.InvariantCulture), "--output", trace,
            ],
            cancellationToken);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Process {process}, {Duration.TotalSeconds:N0} s. Percent of the samples of all threads; rows of waiting methods are left out.\n\n");
        text.Append("Exclusive: the method itself\n\n```\n").Append(await ReportAsync(trace, [], cancellationToken)).Append("```\n\n");
        text.Append("Inclusive: the method and what it calls\n\n```\n").Append(await ReportAsync(trace, ["--inclusive"], cancellationToken)).Append("```\n");
        File.Delete(Path.ChangeExtension(trace, ".etlx")); // the report's index of the trace
        return text.ToString();
    }

    private async Task<string> ReportAsync(string trace, string[] order, CancellationToken cancellationToken)
    {
        var output = await RunAsync(
            "The trace may be incomplete: take another one.", ["dotnet-trace", "report", trace, "topN", "-n", RowsWithWaits.ToString(CultureInfo.InvariantCulture), .. order], cancellationToken);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rows = lines.Skip(1).Select(line => line[(line.IndexOf(". ", StringComparison.Ordinal) + 1)..].Trim()).Where(row => IsShown(row, isExclusive: order is [])).Take(Rows);
        return string.Concat(rows.Select((row, index) => $"{index + 1,2}. {row}\n").Prepend($"    {lines[0][lines[0].IndexOf('(', StringComparison.Ordinal)..].TrimEnd()}\n"));
    }

    private static bool IsShown(string row, bool isExclusive) =>
        !Waits.Any(wait => row.StartsWith(wait, StringComparison.Ordinal)) && !(isExclusive && row.EndsWith($" {Never}", StringComparison.Ordinal));

    private async Task<string> RunAsync(string remedy, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode == 0)
        {
            return await output;
        }

        var reason = $"{await errors}\n{await output}".Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);
        throw new DotnetTraceException($"'dotnet {string.Join(' ', arguments.Take(2))}' failed with exit code {process.ExitCode}: {reason} {remedy}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new DotnetTraceException($"'dotnet' does not start: {failure.Message} Put the .NET SDK on the PATH of the AppHost.");
        }
    }
}

/// <summary>dotnet-trace is missing, or has failed; the message says what to do.</summary>
public sealed class DotnetTraceException(string message) : Exception(message);
