using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.StandIn;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>Builds a distributed application.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>The AppHost's configuration.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>The directory of the AppHost's project.</summary>
    string AppHostDirectory { get; }

    /// <summary>The AppHost's assembly.</summary>
    Assembly? AppHostAssembly { get; }

    /// <summary>The environment.</summary>
    IHostEnvironment Environment { get; }

    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }

    /// <summary>What happens to the application.</summary>
    IDistributedApplicationEventing Eventing { get; }

    /// <summary>Whether the application runs or is published.</summary>
    DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>The resources.</summary>
    IResourceCollection Resources { get; }

    /// <summary>Adds a resource.</summary>
    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    /// <summary>Configures a resource that was added before.</summary>
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource;

    /// <summary>Builds the application.</summary>
    DistributedApplication Build();
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationTestingBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly EntryPointRun? _entryPoint = EntryPointRun.Current;
    private DistributedApplication? _application;

    public DistributedApplicationBuilder(DistributedApplicationOptions options, HostApplicationBuilderSettings? settings = null)
    {
        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory ?? LaunchProfile.ProjectDirectory(AppHostAssembly) ?? Directory.GetCurrentDirectory();

        settings ??= new HostApplicationBuilderSettings();
        settings.Args ??= options.Args;
        settings.ApplicationName ??= AppHostAssembly?.GetName().Name;
        settings.ContentRootPath ??= Directory.Exists(AppHostDirectory) ? AppHostDirectory : null;
        (settings.Configuration ??= new()).AddInMemoryCollection([new("hostBuilder:reloadConfigOnChange", "false")]);
        _host = new HostApplicationBuilder(settings);

        // The same question that the AppHost asks of the real Aspire's machine: here, no container runtime answers.
        _host.Configuration.AddInMemoryCollection([new("ASPIRE_CONTAINER_RUNTIME", "none")]);
        var operation = _host.Configuration["operation"] ?? _host.Configuration["AppHost:Operation"];
        var publishes = string.Equals(operation, "publish", StringComparison.OrdinalIgnoreCase) || _host.Configuration["publisher"] is not null;
        ExecutionContext = new(publishes ? DistributedApplicationOperation.Publish : DistributedApplicationOperation.Run);
        AddServices(options);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _entryPoint?.StopAtBuild(this);
        return BuildApplication();
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken) => Task.FromResult(BuildApplication());

    public ValueTask DisposeAsync() => _application?.DisposeAsync() ?? ValueTask.CompletedTask;

    public void Dispose() => _application?.Dispose();

    private DistributedApplication BuildApplication() => _application = new DistributedApplication(_host.Build());

    private void AddServices(DistributedApplicationOptions options)
    {
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _host.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        Services.AddHttpClient();
        Services.AddHealthChecks();

        // Checks of resources are asked by the orchestrator, there is nobody to publish them to.
        Services.Configure<HealthCheckPublisherOptions>(publisher => publisher.Predicate = _ => false);
        Services.AddSingleton(options);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Eventing);
        Services.AddSingleton(new DistributedApplicationModel(Resources));
        Services.AddSingleton(new ResourceNotificationService());
        Services.AddSingleton(services => new ResourceCommandService(services));
        Services.AddSingleton(services => new ResourceLoggerService(options, services.GetRequiredService<ILoggerFactory>(), Environment));
        Services.AddSingleton<IDistributedApplicationBuilder>(this);
        Services.AddSingleton<DashboardProcess>();
        Services.AddSingleton<LaunchSpec>();
        Services.AddSingleton<Orchestrator>();
        Services.AddHostedService(services => services.GetRequiredService<Orchestrator>());
    }
}
