using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Builds an application that a test runs.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Builds the application.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>Makes builders for tests.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Runs the AppHost up to where it builds the application, and gives its builder to the test.</summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <summary>Runs the AppHost up to where it builds the application, and gives its builder to the test.</summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>(args, (_, _) => { }, cancellationToken);

    /// <summary>Runs the AppHost up to where it builds the application, and gives its builder to the test.</summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default) =>
        new EntryPointRun(typeof(TEntryPoint).Assembly, args, configureBuilder).BuilderAsync(cancellationToken);

    /// <summary>A builder of an application that has no resources yet.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args) => Create(args, (_, _) => { });

    /// <summary>A builder of an application that has no resources yet.</summary>
    public static IDistributedApplicationTestingBuilder Create(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder) =>
        CreateBuilder(new DistributedApplicationOptions { Args = args }, configureBuilder);

    internal static DistributedApplicationBuilder CreateBuilder(
        DistributedApplicationOptions options, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder)
    {
        var settings = new HostApplicationBuilderSettings { Args = options.Args, Configuration = new ConfigurationManager() };
        settings.Configuration.AddInMemoryCollection([new("DcpPublisher:RandomizePorts", "true")]);
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        configureBuilder(options, settings);
        return new DistributedApplicationBuilder(options, settings);
    }
}
