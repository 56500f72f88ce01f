using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.StandIn;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.Tests.StandIn;

/// <summary>Processes are told what Aspire would tell them, in the same variables.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(1));
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();

    public void Dispose()
    {
        _builder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task A_project_is_told_where_to_listen_and_where_others_are()
    {
        var hub = _builder.AddProject<SomeProject>("hub").WithHttpEndpoint(name: "http", env: "Listen__Http").WithHttpEndpoint(name: "http2", env: "Listen__Http2");
        var gateway = _builder.AddProject<SomeProject>("gateway").WithHttpEndpoint(port: 8009).WithReference(hub).WithEnvironment("Own__Url", hub.GetEndpoint("http2"));

        var (app, variables) = await VariablesOfAsync(gateway, hub);
        await using (app)
        {
            Assert.Equal($"http://localhost:{app.GetEndpoint("gateway").Port}", variables["gateway"]["ASPNETCORE_URLS"]);
            Assert.NotEqual(8009, app.GetEndpoint("gateway").Port); // tests beside each other each get ports of their own
            Assert.Equal($"http://localhost:{app.GetEndpoint("hub", "http").Port}", variables["gateway"]["services__hub__http__0"]);
            Assert.Equal($"http://localhost:{app.GetEndpoint("hub", "http2").Port}", variables["gateway"]["services__hub__http2__0"]);
            Assert.Equal(variables["gateway"]["services__hub__http2__0"], variables["gateway"]["Own__Url"]);
            Assert.Equal($"{app.GetEndpoint("hub", "http").Port}", variables["hub"]["Listen__Http"]);
            Assert.DoesNotContain("ASPNETCORE_URLS", variables["hub"]); // its endpoints have variables of their own
        }
    }

    [Fact]
    public async Task Fixed_ports_are_used_where_they_are_not_to_be_random()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--DcpPublisher:RandomizePorts=false");
        builder.AddShell("api", Shells.Sleeps).WithExplicitStart().WithHttpEndpoint(port: 8009).WithEndpoint(name: "own", targetPort: 8010, isProxied: false);
        await using var app = await builder.BuildAsync(_deadline.Token);

        await app.StartAsync(_deadline.Token);

        Assert.Equal(8009, app.GetEndpoint("api", "http").Port);
        Assert.Equal(8010, app.GetEndpoint("api", "own").Port);
    }

    [Fact]
    public async Task A_connection_string_is_put_together_from_values_and_endpoints()
    {
        _builder.Configuration["Parameters:password"] = "s3cret{}";
        var password = _builder.AddParameter("password", new GenerateParameterDefault { MinLength = 32 }, secret: true);
        var server = _builder.AddShell("server", Shells.Sleeps).WithEndpoint(name: "tcp", scheme: "tcp");
        var portal = _builder.AddConnectionString("portal", ReferenceExpression.Create(
            $"Host={server.GetEndpoint("tcp").Property(EndpointProperty.Host)};Port={server.GetEndpoint("tcp").Property(EndpointProperty.Port)};Password={password};Tag={{}}"));
        _builder.AddShell("client", "echo \"$ConnectionStrings__main\"").WithReference(portal, connectionName: "main");
        await using var app = await _builder.BuildAsync(_deadline.Token);

        await app.StartAsync(_deadline.Token);
        await app.ResourceNotifications.WaitForResourceAsync("client", KnownResourceStates.Finished, _deadline.Token);

        var port = app.GetEndpoint("server", "tcp").Port;
        Assert.Equal($"Host=localhost;Port={port};Password=s3cret{{}};Tag={{}}", await app.GetConnectionStringAsync("portal", _deadline.Token));
        Assert.Equal([$"Host=localhost;Port={port};Password=s3cret{{}};Tag={{}}"], app.LinesOf("client"));
        Assert.Equal(
            "Host={server.bindings.tcp.host};Port={server.bindings.tcp.port};Password={password.value};Tag={}", portal.Resource.ConnectionStringExpression.ValueExpression);
    }

    [Fact]
    public async Task A_process_gets_its_arguments_as_they_are()
    {
        _builder.AddExecutable("echo", "printf", ".", "<%s>", "two words", "", "$HOME", "it's");
        await using var app = await _builder.BuildAsync(_deadline.Token);

        await app.StartAsync(_deadline.Token);
        await app.ResourceNotifications.WaitForResourceAsync("echo", KnownResourceStates.Finished, _deadline.Token);

        Assert.Equal(["<two words><><$HOME><it's>"], app.LinesOf("echo"));
    }

    [Fact]
    public async Task An_HTTP_health_check_asks_for_the_path_and_the_status()
    {
        using var listener = new HttpListener();
        var port = PortAllocation.FreePort();
        listener.Prefixes.Add($"http://localhost:{port}/");
        listener.Start();
        _builder.AddShell("server", Shells.Sleeps).WithHttpEndpoint(targetPort: port, isProxied: false).WithHttpHealthCheck("/ready", 204);
        await using var app = await _builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);

        Assert.Equal("/ready", await AnswerAsync(listener, 503));
        await app.ResourceNotifications.WaitForResourceAsync(
            "server", change => change.Snapshot.HealthReports is [{ Description: { } said }] && said.EndsWith("answered 503, not 204.", StringComparison.Ordinal), _deadline.Token);
        Assert.Equal("/ready", await AnswerAsync(listener, 204));
        await app.ResourceNotifications.WaitForResourceHealthyAsync("server", _deadline.Token);
    }

    private async Task<string> AnswerAsync(HttpListener listener, int status)
    {
        var request = await listener.GetContextAsync().WaitAsync(_deadline.Token);
        request.Response.StatusCode = status;
        request.Response.Close();
        return request.Request.Url!.AbsolutePath;
    }

    private async Task<(DistributedApplication App, Dictionary<string, IReadOnlyDictionary<string, string>> Variables)> VariablesOfAsync(
        params IResourceBuilder<ProjectResource>[] projects)
    {
        Array.ForEach(projects, project => project.WithExplicitStart());
        var app = await _builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        var variables = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var project in projects)
        {
            variables[project.Resource.Name] = (await app.Services.GetRequiredService<LaunchSpec>().CreateAsync(project.Resource, _deadline.Token)).Variables;
        }

        return (app, variables);
    }

    private sealed class SomeProject : IBuiltProjectMetadata
    {
        public string ProjectPath => "/some/Project.csproj";

        public string AssemblyPath => "/some/bin/Project.dll";
    }
}
