using System.Globalization;

namespace StoryPortal.Bench.Measurement;

/// <summary>The figures of processes in /proc.</summary>
internal static class ProcFiles
{
    private const double TicksPerSecond = 100; // on every Linux that .NET supports
    private const double BytesPerMebibyte = 1 << 20;

    /// <summary>The ids of every process.</summary>
    public static IEnumerable<int> Ids => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>Whether the process runs: a process that has ended has no command line.</summary>
    public static bool IsAlive(int id) => CommandLine(id).Length > 0;

    /// <summary>The parent's id, or 0.</summary>
    public static int ParentOf(int id) => Stat(id) is { } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0;

    /// <summary>The child processes that still run.</summary>
    public static IEnumerable<int> ChildrenOf(int id) => Ids.Where(child => ParentOf(child) == id);

    /// <summary>Seconds on a processor until now, with the child processes that have ended.</summary>
    public static double CpuSeconds(int id) =>
        Stat(id) is { } fields ? fields[11..15].Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond : 0;

    /// <summary>Private resident memory in MiB, without shared pages such as Postgres' buffers.</summary>
    public static double PrivateMebibytes(int id)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{id}/statm").Split(' ');
            return (Pages(fields[1]) - Pages(fields[2])) * Environment.SystemPageSize / BytesPerMebibyte;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Resident memory in MiB.</summary>
    public static double ResidentMebibytes(int id)
    {
        try
        {
            return Pages(File.ReadAllText($"/proc/{id}/statm").Split(' ')[1]) * Environment.SystemPageSize / BytesPerMebibyte;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Open files, sockets and pipes.</summary>
    public static int Handles(int id) => Directory.EnumerateFileSystemEntries($"/proc/{id}/fd").Count();

    /// <summary>Threads.</summary>
    public static int Threads(int id) => Directory.EnumerateDirectories($"/proc/{id}/task").Count();

    /// <summary>TCP connections of this machine that are open to a local port, from the side of the listener.</summary>
    public static int ConnectionsTo(int port)
    {
        const string Established = "01";
        var local = $":{port:X4}";
        return ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).SelectMany(File.ReadLines).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[1].EndsWith(local, StringComparison.Ordinal) && fields[3] == Established);
    }

    /// <summary>The command line, its words separated by blanks.</summary>
    public static string CommandLine(int id) => Text(id, "cmdline").Replace('\0', ' ');

    /// <summary>The environment that the process was started with; empty for another user's.</summary>
    public static IReadOnlyDictionary<string, string> Variables(int id) => Text(id, "environ")
        .Split('\0', StringSplitOptions.RemoveEmptyEntries)
        .Select(variable => variable.Split('=', 2)).Where(variable => variable.Length == 2)
        .DistinctBy(variable => variable[0]).ToDictionary(variable => variable[0], variable => variable[1]);

    private static long Pages(string field) => long.Parse(field, CultureInfo.InvariantCulture);

    // The fields behind the name, which may contain any character: state first.
    private static string[]? Stat(int id)
    {
        var text = Text(id, "stat");
        return text.Length == 0 ? null : text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string Text(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended, or belongs to another user
        }
    }
}
