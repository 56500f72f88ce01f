using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.StandIn;

/// <summary>
/// The other end of <c>watchdog.sh</c>: one small process beside this one, which ends our process groups when this process is gone.
/// Children cannot inherit our end of its pipe, because .NET opens pipes close-on-exec.
/// </summary>
internal static class Watchdog
{
    private static readonly Lock Gate = new();
    private static Process? _process;

    public static void Add(int group) => Write('+', group);

    public static void Remove(int group) => Write('-', group);

    private static void Write(char sign, int group)
    {
        lock (Gate)
        {
            _process ??= Start();
            _process.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{sign}{group}\n"));
            _process.StandardInput.Flush();
        }
    }

    private static Process Start()
    {
        using var script = new StreamReader(typeof(Watchdog).Assembly.GetManifestResourceStream("watchdog.sh")!);
        var start = Session.Command("bash", ["-c", script.ReadToEnd()]);
        start.RedirectStandardInput = true;
        start.WorkingDirectory = "/";
        return Process.Start(start) ?? throw new DistributedApplicationException("The watchdog could not be started.");
    }
}
