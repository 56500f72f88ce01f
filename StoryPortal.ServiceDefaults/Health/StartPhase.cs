namespace StoryPortal.ServiceDefaults.Health;

/// <summary>The start of a process, in which dependencies that are starting as well are retried quietly.</summary>
internal sealed class StartPhase(TimeProvider time)
{
    // That of the AppHost for the start of the system: what is missing then is a failure.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly long _began = time.GetTimestamp();

    /// <summary>Whether the time for a start is over.</summary>
    public bool HasTimedOut => time.GetElapsedTime(_began) >= Timeout;
}
