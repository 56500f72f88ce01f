using StoryPortal.ServiceDefaults.Profiling;

namespace StoryPortal.Tests.Profiling;

/// <summary>The file for speedscope.</summary>
public sealed class SpeedscopeTests
{
    [Fact]
    public void It_holds_what_ran_and_what_waited_and_not_the_profiler()
    {
        var file = SpeedscopeDocument.Unpack(Speedscope.Write("hub", [
            SampledStack.Of(["b", "a"], isNative: false, 3),
            SampledStack.Of(["c", "a"], isNative: true, 4),
            SampledStack.Of(["System.Threading.Thread.Sleep(int32)", "a"], isNative: true, 5),
            SampledStack.Of(["Microsoft.Diagnostics.Reader.Read()"], isNative: false, 6),
        ]));

        Assert.Equal([("a b", 3), ("a c", 4)], Texts(file, 0).Order());
        Assert.Equal([("a System.Threading.Thread.Sleep(int32)", 5)], Texts(file, 1));
    }

    [Fact]
    public void Stacks_with_the_same_callers_stand_side_by_side()
    {
        var file = SpeedscopeDocument.Unpack(Speedscope.Write("hub", [
            SampledStack.Of(["x", "left"], isNative: false, 9), SampledStack.Of(["x", "right"], isNative: false, 8), SampledStack.Of(["y", "left"], isNative: false, 7),
        ]));

        Assert.Equal(["left", "left", "right"], file.Stacks(0).Select(stack => stack.Stack[0]));
    }

    [Fact]
    public void However_many_stacks_there_are_its_size_is_bounded_and_no_sample_is_lost()
    {
        var file = SpeedscopeDocument.Unpack(Speedscope.Write("hub", [
            .. Enumerable.Range(0, 12_000).Select(number => SampledStack.Of([$"leaf {number}", .. Enumerable.Repeat("recursion", 300)], isNative: false, 1 + (number % 3))),
        ]));

        Assert.Equal(10_001, file.Stacks(0).Count);
        Assert.Equal(24_000, file.Weight(0));
        Assert.All(file.Stacks(0), stack => Assert.InRange(stack.Stack.Length, 1, 256));
    }

    [Fact]
    public void Where_nothing_ran_it_is_a_file_all_the_same() => Assert.Empty(SpeedscopeDocument.Unpack(Speedscope.Write("hub", [])).Stacks(0));

    private static IEnumerable<(string, int)> Texts(SpeedscopeDocument file, int profile) => file.Stacks(profile).Select(stack => (string.Join(' ', stack.Stack), (int)stack.Weight));
}
