using System.Diagnostics;
using System.Globalization;

namespace StoryPortal.AppHost.Commands;

/// <summary>Finds the process of a service: the orchestrator knows the id of <c>dotnet run</c>, whose child is the service.</summary>
public static class ServiceProcess
{
    /// <summary>The id of the process that runs <paramref name="program"/>: <paramref name="started"/> itself or a descendant of it; null when there is none.</summary>
    /// <remarks>Where /proc does not name the parents, the only process of that name; null when there are several.</remarks>
    public static int? Find(int started, string program)
    {
        var named = Process.GetProcessesByName(program).Select(process => process.Id).ToList();
        if (OperatingSystem.IsLinux())
        {
            return named.Select(id => (int?)id).FirstOrDefault(id => DescendsFrom(id!.Value, started));
        }

        return named.Count == 1 ? named[0] : null;
    }

    private static bool DescendsFrom(int process, int ancestor)
    {
        while (process > 1 && process != ancestor)
        {
            process = ParentOf(process);
        }

        return process == ancestor;
    }

    // proc(5): the parent is the second field after the name, which ends with the last parenthesis.
    private static int ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0; // the process has exited meanwhile
        }
    }
}
