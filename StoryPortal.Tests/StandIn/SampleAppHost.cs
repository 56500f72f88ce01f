using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.StandIn;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.StandIn;

/// <summary>The sample AppHost, run as a process of its own, so that it can be signalled and killed.</summary>
internal sealed class SampleAppHost : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly Task _output;

    private SampleAppHost(string[] args)
    {
        // A test run in the background of a script ignores Ctrl+C, and hands that down.
        _process = Process.Start(new ProcessStartInfo(
            "perl", ["-e", "$SIG{INT} = 'DEFAULT'; exec @ARGV", CommandPath.Dotnet, typeof(Projects.AspireStandInSample_AppHost).Assembly.Location, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _output = Task.WhenAll(CollectAsync(_process.StandardOutput), CollectAsync(_process.StandardError));
    }

    public IEnumerable<string> Lines => _lines;

    public IReadOnlyList<int> Children =>
        [.. _lines.Where(line => line.Contains("] pid ", StringComparison.Ordinal)).Select(line => int.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture))];

    public static SampleAppHost Start(params string[] args) => new(args);

    /// <summary>Waits for the process ids that the sample's processes write.</summary>
    public async Task<IReadOnlyList<int>> ChildrenAsync(int count, CancellationToken cancellationToken)
    {
        await Processes.UntilAsync(() => Children.Count == count, cancellationToken);
        return Children;
    }

    public Task SignalAsync(string signal) => Signals.SendAsync(signal, _process.Id);

    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _output.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task CollectAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
        }
    }
}
