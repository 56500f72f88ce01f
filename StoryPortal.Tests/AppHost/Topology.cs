using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>The resources that the AppHost describes, for tests that look at them without starting any.</summary>
internal sealed class Topology : IAsyncDisposable
{
    private readonly TemporaryFolder _data;
    private readonly IDistributedApplicationTestingBuilder _builder;

    private Topology(TemporaryFolder data, IDistributedApplicationTestingBuilder builder) => (_data, _builder) = (data, builder);

    public static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromMinutes(5)).Token;

    public static Task<Topology> RunLocally(params string[] args) => Create(["--StoryPortal:Servers=local", .. args]);

    public static Task<Topology> RunInContainers(params string[] args) => Create(["--StoryPortal:Servers=container", .. args]);

    public static Task<Topology> Publish(params string[] args) => Create(["--operation", "publish", "--step", "publish-manifest", .. args]);

    public string DataDirectory => _data.FullPath;

    public IEnumerable<IResource> Resources => _builder.Resources;

    public IResource this[string name] => _builder.Resources.Single(resource => resource.Name == name);

    public static int? Port(IResource resource, string endpoint) =>
        resource.Annotations.OfType<EndpointAnnotation>().Single(annotation => annotation.Name == endpoint).Port;

    /// <summary>The arguments with which the resource would be started.</summary>
    public async Task<string[]> ArgumentsAsync(IResource resource)
    {
        var arguments = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(new CommandLineArgsCallbackContext(arguments, resource, Deadline) { ExecutionContext = _builder.ExecutionContext });
        }

        return [.. arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture) ?? "")];
    }

    /// <summary>The environment that the AppHost adds for the resource; the values as they were added.</summary>
    public async Task<Dictionary<string, object>> EnvironmentAsync(IResource resource)
    {
        var environment = new Dictionary<string, object>();
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(new EnvironmentCallbackContext(_builder.ExecutionContext, resource, environment, Deadline));
        }

        return environment;
    }

    public async ValueTask DisposeAsync()
    {
        await _builder.DisposeAsync();
        _data.Dispose();
    }

    private static async Task<Topology> Create(string[] args)
    {
        var data = new TemporaryFolder();
        try
        {
            // Aspire's host would watch its settings, one inotify instance for each model: a user may have 128.
            var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.StoryPortal_AppHost>(
                [$"--StoryPortal:DataDirectory={data.FullPath}", "--hostBuilder:reloadConfigOnChange=false", .. args], Deadline);
            return new Topology(data, builder);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }
}
