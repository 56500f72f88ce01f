namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>A stack that was found, and how often.</summary>
/// <param name="Frames">The methods, the innermost first.</param>
/// <param name="IsNative">Whether the thread was in native code that the innermost method had called.</param>
/// <param name="Samples">How often.</param>
internal sealed record SampledStack(string[] Frames, bool IsNative, int Samples)
{
    /// <summary>A frame without a name: a stub that the runtime made to call native code.</summary>
    public const string Unknown = "?";

    // Where a thread stops to be sampled, and the stubs: of no interest, their caller is what ran.
    private static readonly string[] Uninteresting = ["System.Threading.Thread.PollGC", "System.Threading.Thread.<PollGC>", "dynamicClass.IL_STUB_", Unknown];

    // Waits, whichever way the sample found them.
    private static readonly string[] Waits =
    [
        "System.Threading.WaitHandle.Wait",
        "System.Threading.Thread.Sleep",
        "System.Threading.Thread.UninterruptibleSleep",
        "System.Threading.Thread.Join",
        "System.Threading.Monitor.Wait",
        "System.Threading.Monitor.ObjWait",
        "System.Threading.Condition.",
        "System.Threading.LowLevelLifoSemaphore.",
        "System.Threading.LowLevelMonitor.",
        "System.Threading.LowLevelSpinWaiter.",
        "System.Threading.WaitSubsystem",
        "Interop+Sys.LowLevelMonitor_",
        "Interop+Sys.WaitForSocketEvents",
        "Interop+Sys.Poll",
    ];

    // What waits where it is in native code, and works elsewhere: waits are compiled into their callers.
    private static readonly string[] NativeWaits =
    [
        "System.Net.Sockets.SocketAsyncEngine.EventLoop",
        "System.Threading.Monitor.",
        "System.Threading.Lock.",
        "System.Threading.ManualResetEventSlim.Wait",
        "System.Threading.SemaphoreSlim.Wait",
        "System.Threading.Tasks.Task.SpinThenBlockingWait",
        "System.Threading.TimerQueue.TimerThread",
        "System.Threading.PortableThreadPool+WorkerThread.WorkerThreadStart",
        "System.Threading.PortableThreadPool+GateThread.",
        "System.Threading.PortableThreadPool+WaitThread.",
        "System.IO.FileSystemWatcher+RunningInstance.",
    ];

    private const string Interop = "Interop+";

    private static readonly string[] OfProfiler = ["Microsoft.Diagnostics.", "StoryPortal.ServiceDefaults.Profiling."];

    /// <summary>The innermost method that says something; empty for a stack that has none.</summary>
    public string Leaf => Frames.Length == 0 ? "" : Frames[0];

    /// <summary>Whether the thread used hardly any of the processor, so that its time in native code was waiting, whatever it is called.</summary>
    public bool IsIdle { get; init; }

    /// <summary>What the thread did.</summary>
    public SampleKind Kind => _kind == SampleKind.Running && IsIdle && IsNative ? SampleKind.Waiting : _kind;

    private readonly SampleKind _kind = KindOf(Frames, IsNative);

    /// <summary>A stack as it was sampled.</summary>
    public static SampledStack Of(IEnumerable<string> frames, bool isNative, int samples) =>
        new([.. frames.SkipWhile(frame => Array.Exists(Uninteresting, prefix => Begins(frame, prefix)))], isNative, samples);

    private static SampleKind KindOf(string[] frames, bool isNative)
    {
        if (frames.Length == 0)
        {
            return SampleKind.Waiting; // a thread of the runtime that runs nothing of ours
        }

        if (Array.Exists(frames, frame => Array.Exists(OfProfiler, prefix => Begins(frame, prefix))))
        {
            return SampleKind.Profiler;
        }

        var caller = Array.Find(frames, frame => !Begins(frame, Interop)) ?? frames[0];
        return Array.Exists(Waits, wait => Begins(frames[0], wait)) || (isNative && Array.Exists(NativeWaits, wait => Begins(caller, wait)))
            ? SampleKind.Waiting
            : SampleKind.Running;
    }

    private static bool Begins(string frame, string prefix) => frame.StartsWith(prefix, StringComparison.Ordinal);
}

/// <summary>What a thread did when it was sampled.</summary>
internal enum SampleKind
{
    /// <summary>It ran, or was in native code of which nobody knows that it waits.</summary>
    Running,

    /// <summary>It waited.</summary>
    Waiting,

    /// <summary>It worked for the profiler.</summary>
    Profiler,
}
