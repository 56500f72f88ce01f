using StoryPortal.ServiceDefaults.Profiling;

namespace StoryPortal.Tests.Profiling;

/// <summary>What counts as running.</summary>
public sealed class SampledStackTests
{
    [Theory]
    [InlineData("System.Threading.Thread.Sleep(int32)")]
    [InlineData("System.Threading.Monitor.Wait(class System.Object,int32)")]
    [InlineData("System.Threading.WaitHandle.WaitOneNoCheck(int32,bool,class System.Object)")]
    [InlineData("System.Threading.LowLevelLifoSemaphore.WaitForSignal(int32)")]
    [InlineData("System.Net.Sockets.SocketAsyncEngine.EventLoop()")]
    public void Waits_sleeps_and_idle_threads_are_left_out(string leaf) =>
        Assert.Equal(SampleKind.Waiting, Stack(isNative: true, leaf, "System.Threading.Thread.StartCallback()").Kind);

    [Fact]
    public void What_a_method_does_itself_counts_also_where_its_native_part_would_be_a_wait()
    {
        Assert.Equal(SampleKind.Running, Stack(isNative: false, "System.Net.Sockets.SocketAsyncEngine.EventLoop()").Kind);
        Assert.Equal(SampleKind.Waiting, Stack(isNative: false, "System.Threading.Thread.Sleep(int32)").Kind); // a sleep is one, wherever it was met
    }

    [Fact]
    public void Native_code_that_is_not_known_to_wait_counts() =>
        Assert.Equal(SampleKind.Running, Stack(isNative: true, "System.Net.Sockets.SocketPal.SysSend(…)", "Kestrel").Kind);

    [Fact]
    public void Where_a_thread_stopped_to_be_sampled_is_of_no_interest()
    {
        var stack = Stack(isNative: true, "System.Threading.Thread.PollGC()", "StoryPortal.Work()");
        Assert.Equal(("StoryPortal.Work()", SampleKind.Running), (stack.Leaf, stack.Kind));
        Assert.Equal(SampleKind.Waiting, Stack(isNative: true, "System.Threading.Thread.PollGC()", "System.Threading.Thread.Sleep(int32)").Kind);
    }

    [Theory]
    [InlineData("System.Net.Sockets.SocketAsyncEngine.EventLoop()", "?")]
    [InlineData("System.Net.Sockets.SocketAsyncEngine.EventLoop()", "dynamicClass.IL_STUB_PInvoke(int)")]
    [InlineData("System.IO.FileSystemWatcher+RunningInstance.TryReadEvent(…)", "Interop+Sys.Read(…)")]
    public void A_wait_is_known_by_who_called_into_native_code(string caller, string leaf) =>
        Assert.Equal(SampleKind.Waiting, Stack(isNative: true, leaf, caller, "System.Threading.Thread.StartCallback()").Kind);

    [Fact]
    public void What_a_thread_that_used_no_processor_did_in_native_code_was_waiting()
    {
        Assert.Equal(SampleKind.Waiting, (Stack(isNative: true, "Interop+Sys.Read(…)", "Library.ReadForEver()") with { IsIdle = true }).Kind);
        Assert.Equal(SampleKind.Running, (Stack(isNative: false, "Library.ReadForEver()") with { IsIdle = true }).Kind);
    }

    [Fact]
    public void The_profiler_does_not_count_itself() => Assert.Equal(
        SampleKind.Profiler, Stack(isNative: false, "System.Buffer.Memmove()", "Microsoft.Diagnostics.Tracing.EventPipeEventSource.Process()").Kind);

    private static SampledStack Stack(bool isNative, params string[] frames) => SampledStack.Of(frames, isNative, 1);
}
