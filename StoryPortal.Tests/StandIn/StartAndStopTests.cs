using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StoryPortal.Tests.StandIn;

/// <summary>Resources start after what they wait for, and stop before it.</summary>
public sealed class StartAndStopTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(1));
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();
    private volatile bool _healthy;

    public void Dispose()
    {
        _builder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task A_resource_starts_when_what_it_waits_for_is_healthy()
    {
        var database = AddDatabase();
        _builder.AddShell("api", Shells.Sleeps).WaitFor(database);
        await using var app = await _builder.BuildAsync(_deadline.Token);

        var start = app.StartAsync(_deadline.Token);
        await app.ResourceNotifications.WaitForResourceAsync("database", change => change.Snapshot.HealthReports.Count > 0, _deadline.Token);
        Assert.Equal(HealthStatus.Unhealthy, app.StateOf("database").HealthStatus);
        Assert.Equal(KnownResourceStates.Waiting, app.StateOf("api").State?.Text);
        _healthy = true;
        await start;

        Assert.Equal(KnownResourceStates.Running, app.StateOf("api").State?.Text);
        Assert.Equal(HealthStatus.Healthy, app.StateOf("database").HealthStatus);
    }

    [Fact]
    public async Task Whoever_wants_to_know_that_a_resource_is_ready_is_told_before_others_start()
    {
        _healthy = true;
        var told = new List<string>();
        var database = AddDatabase().OnResourceReady((resource, _, _) =>
        {
            told.Add($"{resource.Name} is ready");
            return Task.CompletedTask;
        });
        _builder.AddShell("api", Shells.Sleeps).WaitFor(database);
        await using var app = await _builder.BuildAsync(_deadline.Token);

        await app.StartAsync(_deadline.Token);

        Assert.Equal(["database is ready"], told);
    }

    [Fact]
    public async Task Resources_that_do_not_wait_for_each_other_start_at_the_same_time()
    {
        // Each waits for a check that needs the other: started one after the other, they would never get there.
        _builder.AddShell("left", Shells.Sleeps).WaitFor(AddSignal("left-sees-right", "right"));
        _builder.AddShell("right", Shells.Sleeps);
        await using var app = await _builder.BuildAsync(_deadline.Token);

        await app.StartAsync(_deadline.Token);

        Assert.Equal(KnownResourceStates.Running, app.StateOf("left").State?.Text);

        IResourceBuilder<ExecutableResource> AddSignal(string name, string other)
        {
            _builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                name, services => new Check(() => services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(other, out var state)
                    && state.Snapshot.State?.Text == KnownResourceStates.Running), null, null));
            return _builder.AddShell(name, Shells.Sleeps).WithHealthCheck(name);
        }
    }

    [Fact]
    public async Task A_resource_stops_before_what_it_waited_for()
    {
        _healthy = true;
        _builder.AddShell("api", Shells.Sleeps).WaitFor(AddDatabase());
        await using var app = await _builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        await using var changes = app.ResourceNotifications.WatchAsync(_deadline.Token).GetAsyncEnumerator(_deadline.Token);
        await changes.MoveNextAsync();

        await app.StopAsync(_deadline.Token);

        var order = new List<string>();
        while (order.Count < 4 && await changes.MoveNextAsync())
        {
            if (changes.Current.Snapshot.State?.Text is "Stopping" or "Exited")
            {
                order.Add($"{changes.Current.Resource.Name} {changes.Current.Snapshot.State.Text}");
            }
        }

        Assert.Equal(["api Stopping", "api Exited", "database Stopping", "database Exited"], order);
    }

    [Fact]
    public async Task A_resource_can_be_stopped_and_started_again()
    {
        _builder.AddShell("api", $"echo $$; {Shells.Sleeps}");
        await using var app = await _builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        await Processes.UntilAsync(() => app.LinesOf("api").Count > 0, _deadline.Token);
        var before = app.LinesOf("api")[0];

        var stop = await app.ResourceCommands.ExecuteCommandAsync("api", KnownResourceCommands.StopCommand, _deadline.Token);
        Assert.True(stop.Success);
        Assert.Equal(KnownResourceStates.Exited, app.StateOf("api").State?.Text);
        Assert.False(Processes.IsAlive(int.Parse(before, System.Globalization.CultureInfo.InvariantCulture)));

        var start = await app.ResourceCommands.ExecuteCommandAsync("api", KnownResourceCommands.StartCommand, _deadline.Token);
        Assert.True(start.Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", _deadline.Token);
        await Processes.UntilAsync(() => app.LinesOf("api").Count > 0, _deadline.Token);
        Assert.NotEqual(before, app.LinesOf("api")[0]);
    }

    [Fact]
    public async Task A_resource_that_starts_by_command_only_is_left_alone()
    {
        _builder.AddShell("tool", "echo done").WithExplicitStart();
        await using var app = await _builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        Assert.Equal(KnownResourceStates.NotStarted, app.StateOf("tool").State?.Text);

        await app.ResourceCommands.ExecuteCommandAsync("tool", KnownResourceCommands.StartCommand, _deadline.Token);

        await app.ResourceNotifications.WaitForResourceAsync("tool", KnownResourceStates.Finished, _deadline.Token);
        Assert.Equal(["done"], app.LinesOf("tool"));
    }

    private IResourceBuilder<ExecutableResource> AddDatabase()
    {
        _builder.Services.AddHealthChecks().Add(new HealthCheckRegistration("database-answers", new Check(() => _healthy), null, null));
        return _builder.AddShell("database", Shells.Sleeps).WithHealthCheck("database-answers");
    }

    private sealed class Check(Func<bool> isHealthy) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(isHealthy() ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
    }
}
