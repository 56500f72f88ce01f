using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace StoryPortal.Tests.StandIn;

/// <summary>When something cannot run, whoever waits for it is told what and why.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(1));
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();

    public void Dispose()
    {
        _builder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task A_process_that_dies_is_reported_with_its_name_exit_code_and_last_lines()
    {
        var database = _builder.AddShell("database", "echo 'the disk is full' >&2; exit 3").WithHttpEndpoint().WithHttpHealthCheck();
        _builder.AddShell("api", Shells.Sleeps).WaitFor(database);

        var failure = await FailureOfAsync("api");

        Assert.Contains("'api' was not started: it waits for 'database'.", failure, StringComparison.Ordinal);
        Assert.Contains("'database' exited with code 3 before it was ready.", failure, StringComparison.Ordinal);
        Assert.Contains("the disk is full", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        _builder.AddExecutable("server", "no-such-program", ".");

        Assert.Equal("Resource 'server' was not started: there is no program 'no-such-program'.", await FailureOfAsync("server"));
    }

    [Fact]
    public async Task A_parameter_without_a_value_is_named()
    {
        _builder.AddShell("api", Shells.Sleeps).WithEnvironment("KEY", _builder.AddParameter("key", secret: true));

        Assert.Contains("Parameter 'key' has no value: configure 'Parameters:key'", await FailureOfAsync("api"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_is_not_started_and_says_why()
    {
        var container = _builder.AddContainer("prometheus", "prom/prometheus", "v3");
        _builder.AddContainer("load-test", "grafana/k6", "1").WithExplicitStart();
        _builder.AddShell("api", Shells.Sleeps).WaitFor(container);

        var failure = await FailureOfAsync("api");

        Assert.Contains("'prometheus' was not started: it is a container (prom/prometheus:v3)", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_server_in_a_container_is_not_started_either()
    {
        _builder.AddShell("api", Shells.Sleeps).WaitFor(_builder.AddPostgres("postgres").AddDatabase("portal"));

        Assert.Contains("it is a container (library/postgres:18.3)", await FailureOfAsync("api"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_AppHost_whose_process_dies_before_it_is_ready_stops_the_others_and_fails()
    {
        using var sample = SampleAppHost.Start("--Second=echo 'out of luck'; exit 7");

        Assert.Equal(1, await sample.ExitAsync(_deadline.Token));

        Assert.Contains(sample.Lines, line => line.Contains("Resource 'second' exited with code 7 before it was ready.", StringComparison.Ordinal));
        Assert.Contains("[second] out of luck", sample.Lines);
        Assert.DoesNotContain(sample.Children, Processes.IsAlive);
    }

    private async Task<string> FailureOfAsync(string resource)
    {
        await using var app = await _builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync(resource, _deadline.Token));
        return failure.Message;
    }
}
