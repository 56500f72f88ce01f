using System.Diagnostics;
using System.Globalization;

namespace StoryPortal.Bench.Servers;

/// <summary>
/// A program that runs until it is disposed of. A file holds its process id, so that bench.sh can end the program if this process cannot.
/// </summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly string _idFile;

    private ChildProgram(Process process, StreamWriter log, string idFile) => (_process, _log, _idFile) = (process, log, idFile);

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it ended by itself.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>
    /// Starts a program, its output in <c>name.log</c>, in a session of its own as each process of the system. Linux divides the processors
    /// among sessions first (autogroups): a server in the session of the load generator is woken half as often.
    /// </summary>
    public static ChildProgram Start(string name, ProcessStartInfo start)
    {
        start.ArgumentList.Insert(0, start.FileName);
        start.FileName = "setsid"; // becomes the program, under the same id
        var log = new StreamWriter(PrivateFile.Create(Path.Combine(BenchmarkPaths.Logs, $"{name}.log"))) { AutoFlush = true };
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        var idFile = Path.Combine(BenchmarkPaths.Children, process.Id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(idFile, name);
        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProgram(process, log, idFile);

        void Write(object sender, DataReceivedEventArgs line)
        {
            lock (log)
            {
                log.WriteLine(line.Data);
            }
        }
    }

    /// <summary>Starts this program again, as one of the comparison servers.</summary>
    public static ChildProgram StartSelf(string name, params string[] arguments) =>
        Start(name, new ProcessStartInfo(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
            ? [typeof(ChildProgram).Assembly.Location, .. arguments]
            : arguments));

    /// <summary>Sends SIGTERM, and kills the program when it does not end in time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Not Process.Kill, which leaves no time to end what it started itself.
            using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            {
                await kill.WaitForExitAsync();
            }

            using var deadline = new CancellationTokenSource(ExitTimeout);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        File.Delete(_idFile);
        _process.Dispose();
        await _log.DisposeAsync();
    }
}
