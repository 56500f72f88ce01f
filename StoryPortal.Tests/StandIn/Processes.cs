using System.Diagnostics;

namespace StoryPortal.Tests.StandIn;

/// <summary>Whether processes are still there.</summary>
internal static class Processes
{
    public static Task GoneAsync(IEnumerable<int> ids, CancellationToken cancellationToken) =>
        UntilAsync(() => !ids.Any(IsAlive), cancellationToken);

    public static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public static bool IsAlive(int id)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Array.Exists(Process.GetProcesses(), process => process.Id == id);
        }

        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z'; // it has ended, and only waits for somebody to be told
        }
        catch (IOException) // there is no such process
        {
            return false;
        }
    }
}
