using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.EventPipe;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>
/// Samples the stacks of this process through the runtime's own profiler (EventPipe), which stops all threads about once a millisecond and looks
/// at each. What it finds is counted as it comes: nothing is written to a disk, and memory grows with the number of different stacks only.
/// </summary>
internal static class StackSampling
{
    private const int BufferMegabytes = 64;

    // A thread that used less of the processor than this share of the time that it seems to have been busy in native code, waited there.
    private const double LeastUse = 0.05;

    // What is compiled meanwhile, so that its methods have names.
    private const ClrTraceEventParser.Keywords Methods =
        ClrTraceEventParser.Keywords.Jit | ClrTraceEventParser.Keywords.NGen | ClrTraceEventParser.Keywords.Loader;

    private static readonly EventPipeProvider[] Providers =
    [
        new(SampleProfilerTraceEventParser.ProviderName, EventLevel.Informational),
        new(ClrTraceEventParser.ProviderName, EventLevel.Verbose, (long)Methods),
    ];

    /// <summary>Samples for so long, or until it is cancelled.</summary>
    /// <exception cref="DiagnosticsClientException">The runtime's diagnostics cannot be reached.</exception>
    public static async Task<Sampling> RunAsync(TimeSpan duration, TimeProvider time, CancellationToken cancellationToken)
    {
        var client = new DiagnosticsClient(Environment.ProcessId);
        using var session = await client.StartEventPipeSessionAsync(Providers, requestRundown: false, BufferMegabytes, cancellationToken);
        using var source = await Task.Run(() => TraceLog.CreateFromEventPipeSession(session, TraceLog.EventPipeRundownConfiguration.Enable(client)), CancellationToken.None);

        var found = new Dictionary<(CallStackIndex Stack, int Thread, bool IsNative), int>();
        new SampleProfilerTraceEventParser(source).ThreadSample += sample =>
        {
            var key = (sample.CallStackIndex(), sample.ThreadID, sample.Type == ClrThreadSampleType.External);
            found[key] = found.GetValueOrDefault(key) + 1;
        };

        // It reads until the session has ended, on a thread of its own.
        var reading = Task.Factory.StartNew(source.Process, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var (startedAt, begin, used, usedByThread) = (time.GetUtcNow(), time.GetTimestamp(), Environment.CpuUsage.TotalTime, ThreadTimes.Read());
        var elapsed = TimeSpan.Zero;
        while (elapsed < duration && !cancellationToken.IsCancellationRequested)
        {
            // Timers count in coarser steps than the clock, and may come a little early.
            var rest = TimeSpan.FromMilliseconds(Math.Ceiling((duration - elapsed).TotalMilliseconds));
            await Task.Delay(rest, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            elapsed = time.GetElapsedTime(begin);
        }

        used = Environment.CpuUsage.TotalTime - used;
        usedByThread = ThreadTimes.Since(usedByThread);
        await session.StopAsync(CancellationToken.None);
        await reading;

        // Each round looks at every thread: the longest-lived was in all of them.
        var rounds = found.GroupBy(entry => entry.Key.Thread, (_, ofThread) => ofThread.Sum(entry => entry.Value)).DefaultIfEmpty().Max();
        List<(SampledStack Stack, int Thread)> stacks =
            [.. found.Select(entry => (SampledStack.Of(FramesOf(source.TraceLog, entry.Key.Stack), entry.Key.IsNative, entry.Value), entry.Key.Thread))];
        var idle = stacks.Where(found => found.Stack is { IsNative: true, Kind: SampleKind.Running })
            .GroupBy(found => found.Thread, (thread, ofThread) => (Thread: thread, Seemed: ofThread.Sum(found => (double)found.Stack.Samples) / rounds * elapsed))
            .Where(seems => usedByThread.TryGetValue(seems.Thread, out var really) && really < LeastUse * seems.Seemed)
            .Select(seems => seems.Thread).ToHashSet();
        return new Sampling([.. stacks.Select(found => idle.Contains(found.Thread) ? found.Stack with { IsIdle = true } : found.Stack)], rounds, startedAt, elapsed, used);
    }

    private static IEnumerable<string> FramesOf(TraceLog log, CallStackIndex stack)
    {
        for (; stack != CallStackIndex.Invalid; stack = log.CallStacks.Caller(stack))
        {
            var address = log.CodeAddresses[log.CallStacks.CodeAddressIndex(stack)];
            yield return address.FullMethodName is { Length: > 0 } method ? method : SampledStack.Unknown;
        }
    }
}

/// <summary>What was found.</summary>
/// <param name="Stacks">Every stack.</param>
/// <param name="Rounds">How often the threads were looked at.</param>
/// <param name="StartedAt">When sampling began.</param>
/// <param name="Elapsed">For how long it went on.</param>
/// <param name="Used">The processor time that the process used meanwhile.</param>
internal sealed record Sampling(IReadOnlyList<SampledStack> Stacks, int Rounds, DateTimeOffset StartedAt, TimeSpan Elapsed, TimeSpan Used);
