using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace StoryPortal.Tests.StandIn;

/// <summary>However an application ends, its processes end with it, and so do theirs.</summary>
public sealed class NothingSurvivesTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(1));

    public void Dispose() => _deadline.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Ctrl_C_or_a_request_to_end_stops_everything_and_is_no_failure(string signal)
    {
        using var sample = SampleAppHost.Start();
        var children = await sample.ChildrenAsync(4, _deadline.Token);
        await Processes.UntilAsync(
            () => sample.Lines.Any(line => line.EndsWith("Distributed application started. Press Ctrl+C to shut down.", StringComparison.Ordinal)), _deadline.Token);

        await sample.SignalAsync(signal);

        Assert.Equal(0, await sample.ExitAsync(_deadline.Token));
        Assert.DoesNotContain(children, Processes.IsAlive);
    }

    [Fact]
    public async Task Ctrl_C_stops_everything_while_it_is_still_starting()
    {
        using var sample = SampleAppHost.Start("--Second=echo pid $$; sleep 1000");
        var children = await sample.ChildrenAsync(3, _deadline.Token);

        await sample.SignalAsync("INT");

        Assert.Equal(0, await sample.ExitAsync(_deadline.Token));
        Assert.DoesNotContain(children, Processes.IsAlive);
    }

    [Fact]
    public async Task Killing_the_AppHost_ends_everything_that_it_started()
    {
        using var sample = SampleAppHost.Start();
        var children = await sample.ChildrenAsync(4, _deadline.Token);

        await sample.SignalAsync("KILL");

        await Processes.GoneAsync(children, _deadline.Token);
    }

    [Fact]
    public async Task Killing_the_AppHost_ends_even_a_process_that_ignores_requests_to_end()
    {
        using var sample = SampleAppHost.Start("--Second=trap '' TERM; echo pid $$; while :; do sleep 1; done");
        var children = await sample.ChildrenAsync(3, _deadline.Token);

        await sample.SignalAsync("KILL");

        await Processes.GoneAsync(children, _deadline.Token);
    }

    [Fact]
    public async Task Disposing_of_an_application_in_a_test_stops_everything()
    {
        int[] children;
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("parent", "sleep 1000 & echo $$; echo $!; wait");
        await using (var app = await builder.BuildAsync(_deadline.Token))
        {
            await app.StartAsync(_deadline.Token);
            await Processes.UntilAsync(() => app.LinesOf("parent").Count == 2, _deadline.Token);
            children = [.. app.LinesOf("parent").Select(int.Parse)];
            Assert.All(children, child => Assert.True(Processes.IsAlive(child)));
        }

        Assert.DoesNotContain(children, Processes.IsAlive);
    }

    [Fact]
    public async Task What_a_process_leaves_behind_ends_when_it_ends()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("parent", "sleep 1000 & echo $!");
        await using var app = await builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);

        await app.ResourceNotifications.WaitForResourceAsync("parent", KnownResourceStates.Finished, _deadline.Token);

        Assert.False(Processes.IsAlive(int.Parse(app.LinesOf("parent").Single(), System.Globalization.CultureInfo.InvariantCulture)));
    }
}
