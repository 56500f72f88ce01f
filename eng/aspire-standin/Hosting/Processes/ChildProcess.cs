using System.Diagnostics;

namespace Aspire.Hosting.StandIn;

/// <summary>What to start.</summary>
internal sealed record ChildProcessSpec(string Command, IReadOnlyList<string> Args, string WorkingDirectory, IReadOnlyDictionary<string, string> Variables);

/// <summary>A process that we started, together with everything that it started itself.</summary>
internal sealed class ChildProcess
{
    // The AppHost's own, which would mislead its children.
    private static readonly string[] NotInherited =
    [
        "ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE",
        "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL",
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceWithOrphans = TimeSpan.FromSeconds(3);
    private readonly Process _process;

    private ChildProcess(Process process, Action<string> onLine)
    {
        _process = process;
        Id = process.Id;
        Exit = WaitForExitAsync(Task.WhenAll(ForwardAsync(process.StandardOutput, onLine), ForwardAsync(process.StandardError, onLine)));
    }

    /// <summary>Its id, and that of its process group.</summary>
    public int Id { get; }

    /// <summary>Completes with the exit code when the process and all of its group are gone.</summary>
    public Task<int> Exit { get; }

    public static ChildProcess Start(ChildProcessSpec spec, Action<string> onLine)
    {
        if (CommandPath.Find(spec.Command, spec.WorkingDirectory) is null)
        {
            throw new DistributedApplicationException($"there is no program '{spec.Command}'.");
        }

        // The child waits until the watchdog knows it: if we die before that, it never starts.
        var start = Session.Command("bash", ["-c", "read -r _ || exit 1; exec \"$@\" </dev/null", "bash", spec.Command, .. spec.Args]);
        start.WorkingDirectory = spec.WorkingDirectory;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var name in NotInherited)
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in spec.Variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new DistributedApplicationException($"'{spec.Command}' could not be started.");
        Watchdog.Add(process.Id);
        process.StandardInput.WriteLine();
        process.StandardInput.Close();
        return new ChildProcess(process, onLine);
    }

    /// <summary>Asks the process to end, and ends it when it does not.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Session.Signal(Id, Session.Terminate);
        try
        {
            await Exit.WaitAsync(Patience, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            Session.Signal(Id, Session.Kill);
            await Exit;
        }
    }

    private static async Task ForwardAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            onLine(line);
        }
    }

    private async Task<int> WaitForExitAsync(Task output)
    {
        await _process.WaitForExitAsync();
        await EndOrphansAsync();
        Watchdog.Remove(Id);

        // A process that left the group may still hold the pipe: it is not waited for.
        await Task.WhenAny(output, Task.Delay(PatienceWithOrphans));
        var exitCode = _process.ExitCode;
        _process.Dispose();
        return exitCode;
    }

    private async Task EndOrphansAsync()
    {
        var elapsed = Stopwatch.StartNew();
        Session.Signal(Id, Session.Terminate);
        while (Session.IsAlive(Id) && elapsed.Elapsed < PatienceWithOrphans)
        {
            await Task.Delay(20);
        }

        Session.Signal(Id, Session.Kill);
    }
}
