using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.StandIn;

/// <summary>Starts a process as the leader of its own session, and so of a process group, which can be signalled as a whole.</summary>
internal static partial class Session
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private static readonly string[] Prefix = CommandPath.Find("setsid") is { } setsid
        ? [setsid]
        : ["perl", "-MPOSIX", "-e", "POSIX::setsid(); exec { $ARGV[0] } @ARGV or exit 127"];

    public static ProcessStartInfo Command(string command, IEnumerable<string> args) =>
        new(Prefix[0], [.. Prefix[1..], command, .. args]) { UseShellExecute = false };

    /// <summary>Signals every process of the group; false when there is none left.</summary>
    public static bool Signal(int group, int signal) => SendSignal(-group, signal) == 0;

    /// <summary>Whether a process of the group runs; one that only waits to be reaped does not, and some init processes let it wait for long.</summary>
    public static bool IsAlive(int group) => Signal(group, 0) && (!OperatingSystem.IsLinux() || Directory.EnumerateDirectories("/proc")
        .Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(StateAndGroup).Any(process => process.State != "Z" && process.Group == $"{group}"));

    private static (string State, string Group) StateAndGroup(string folder)
    {
        try
        {
            var stat = File.ReadAllText($"{folder}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0], fields[2]);
        }
        catch (IOException)
        {
            return ("Z", "");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
