using System.Globalization;
using System.Runtime.InteropServices;

namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>The threads that wait for all sockets of this process, and their scheduling policy (sched(7)).</summary>
internal static partial class SocketThreads
{
    // Given by SocketAsyncEngine of System.Net.Sockets.
    private const string Name = ".NET Sockets";

    private const string Threads = "/proc/self/task";

    // sched.h
    private const int Normal = 0;
    private const int Batch = 3;

    /// <summary>Makes them patient: they no longer interrupt whoever runs. Those that someone else has given another policy keep it.</summary>
    /// <returns>Those that are patient now; none where the system does not allow it.</returns>
    public static IReadOnlyList<int> BePatient() => [.. Find().Where(thread => sched_getscheduler(thread) == Normal && TrySet(thread, Batch))];

    /// <summary>Undoes it.</summary>
    public static void BePrompt(IReadOnlyList<int> threads)
    {
        foreach (var thread in threads)
        {
            TrySet(thread, Normal);
        }
    }

    private static IEnumerable<int> Find() => !Directory.Exists(Threads) ? [] : Directory.EnumerateDirectories(Threads).Where(HasName)
        .Select(folder => int.Parse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture));

    private static bool HasName(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).AsSpan().TrimEnd().SequenceEqual(Name);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TrySet(int thread, int policy) => sched_setscheduler(thread, policy, 0) == 0;

    [LibraryImport("libc")]
    private static partial int sched_getscheduler(int thread);

    // The third is a struct of one int: a priority, which must be 0 for these policies.
    [LibraryImport("libc")]
    private static partial int sched_setscheduler(int thread, int policy, in int parameters);
}
