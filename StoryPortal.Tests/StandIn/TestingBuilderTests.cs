using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace StoryPortal.Tests.StandIn;

/// <summary>Tests get the AppHost's own builder, and do not disturb each other.</summary>
public sealed class TestingBuilderTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(1));

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public async Task The_AppHost_runs_up_to_where_it_builds_the_application()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AspireStandInSample_AppHost>(["--Second=true"], _deadline.Token);

        Assert.Equal(["first", "second"], builder.Resources.Select(resource => resource.Name));
        Assert.Equal(Projects.AspireStandInSample_AppHost.ProjectPath, builder.AppHostDirectory);
        Assert.Equal("true", builder.Configuration["Second"]);
        Assert.True(builder.ExecutionContext.IsRunMode);
    }

    [Fact]
    public async Task Applications_beside_each_other_each_have_their_own_processes_and_ports()
    {
        var apps = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartSampleAsync()));

        var ports = apps.Select(app => app.GetEndpoint("second", "http").Port).ToList();
        await Processes.UntilAsync(() => apps.All(app => app.LinesOf("first").Count == 2), _deadline.Token);
        var children = apps.Select(app => app.LinesOf("first").Select(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)).ToList()).ToList();
        Assert.Distinct(ports);
        await apps[0].DisposeAsync();
        Assert.DoesNotContain(children[0], Processes.IsAlive);
        Assert.All(children[1..].SelectMany(ids => ids), id => Assert.True(Processes.IsAlive(id)));
        await Task.WhenAll(apps[1..].Select(app => app.DisposeAsync().AsTask()));
        Assert.DoesNotContain(children.SelectMany(ids => ids), Processes.IsAlive);
    }

    [Fact]
    public async Task A_published_model_can_be_looked_at_without_being_started()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--operation", "publish");
        var redis = builder.AddRedis("cache");

        var args = new List<object>();
        foreach (var annotation in redis.Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(new CommandLineArgsCallbackContext(args, redis.Resource, _deadline.Token) { ExecutionContext = builder.ExecutionContext });
        }

        Assert.True(builder.ExecutionContext.IsPublishMode);
        Assert.Equal(["-c", "redis-server --requirepass $REDIS_PASSWORD"], args);
        Assert.Equal("{cache.bindings.tcp.host}:{cache.bindings.tcp.port},password={cache-password.value}", redis.Resource.ConnectionStringExpression.ValueExpression);
    }

    [Fact]
    public async Task There_is_no_container_runtime_whatever_the_machine_says()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--ASPIRE_CONTAINER_RUNTIME=docker");

        Assert.Equal("none", builder.Configuration["ASPIRE_CONTAINER_RUNTIME"]);
    }

    private async Task<DistributedApplication> StartSampleAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AspireStandInSample_AppHost>(_deadline.Token);
        var app = await builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        return app;
    }
}
