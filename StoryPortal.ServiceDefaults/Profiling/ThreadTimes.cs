using System.Globalization;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>The processor time of each thread of this process, as Linux tells it; elsewhere nothing is known.</summary>
internal static class ThreadTimes
{
    private const string Threads = "/proc/self/task";
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on
    private const int UserTime = 11;
    private const int SystemTime = 12;

    /// <summary>What each thread has used since it began, by its id.</summary>
    public static Dictionary<int, TimeSpan> Read()
    {
        var times = new Dictionary<int, TimeSpan>();
        if (!Directory.Exists(Threads))
        {
            return times;
        }

        foreach (var thread in Directory.EnumerateDirectories(Threads))
        {
            try
            {
                // proc(5): the name, in brackets, may hold anything; the state is the first field behind it.
                var stat = File.ReadAllText(Path.Combine(thread, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                times[int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture)] =
                    TimeSpan.FromSeconds((long.Parse(fields[UserTime], CultureInfo.InvariantCulture) + long.Parse(fields[SystemTime], CultureInfo.InvariantCulture)) / TicksPerSecond);
            }
            catch (IOException) // it has ended
            {
            }
        }

        return times;
    }

    /// <summary>What each thread has used since <paramref name="before"/>; only of those that are there now.</summary>
    public static Dictionary<int, TimeSpan> Since(Dictionary<int, TimeSpan> before) =>
        Read().ToDictionary(thread => thread.Key, thread => thread.Value - before.GetValueOrDefault(thread.Key));
}
