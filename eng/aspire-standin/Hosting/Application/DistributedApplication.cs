using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.StandIn;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>A distributed application: processes that run together.</summary>
public partial class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly ILogger _logger;
    private readonly IHostApplicationLifetime _lifetime;

    internal DistributedApplication(IHost host)
    {
        _host = host;
        _lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        _logger = host.Services.GetRequiredService<ILogger<DistributedApplication>>();
    }

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The states of the resources.</summary>
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>The commands of the resources.</summary>
    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    /// <summary>Starts to build an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    /// <summary>Starts to build an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) =>
        EntryPointRun.Current?.CreateBuilder(options) ?? new DistributedApplicationBuilder(options);

    /// <summary>Starts the application; ends when every resource has been started.</summary>
    public virtual Task StartAsync(CancellationToken cancellationToken = default) => _host.StartAsync(cancellationToken);

    /// <summary>Stops the application.</summary>
    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    /// <summary>Runs the application until it is told to stop.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Runs the application until it is told to stop; the exit code is 1 when a resource failed before it was ready.</summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        await using (this)
        {
            if (Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode)
            {
                LogCannotPublish(_logger);
                System.Environment.ExitCode = 1;
                return;
            }

            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.ApplicationStopping);
            var startUp = ReportStartUpAsync(stopping.Token);
            try
            {
                await StartAsync(cancellationToken);
                await _host.WaitForShutdownAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                await StopAsync(CancellationToken.None); // told to stop before everything was started
            }

            await startUp;
        }
    }

    /// <inheritdoc />
    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops whatever runs.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (_lifetime.ApplicationStarted.IsCancellationRequested && !_lifetime.ApplicationStopped.IsCancellationRequested)
        {
            await StopAsync(CancellationToken.None);
        }

        await ((IAsyncDisposable)_host).DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Says when everything is ready, or stops the application when that can no longer happen.</summary>
    private async Task ReportStartUpAsync(CancellationToken cancellationToken)
    {
        var pending = Services.GetRequiredService<DistributedApplicationModel>().Resources
            .Where(resource => Orchestrator.StartsByItself(resource) && !ResourceRunner.IsContainer(resource)).Select(resource => resource.Name).ToHashSet();
        try
        {
            await foreach (var change in ResourceNotifications.WatchAsync(cancellationToken))
            {
                if (change.Snapshot is { Failure: not null, IsReady: false } && pending.Contains(change.Resource.Name))
                {
                    System.Environment.ExitCode = 1;
                    _lifetime.StopApplication();
                    return;
                }

                if ((change.Snapshot.IsReady || change.Snapshot.IsEnded) && pending.Remove(change.Resource.Name) && pending.Count == 0)
                {
                    LogStarted(_logger);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to stop before everything was ready.
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Distributed application started. Press Ctrl+C to shut down.")]
    private static partial void LogStarted(ILogger logger);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Publishing needs Aspire's own packages: this build runs without them (docs/adr/0001-aspire-stand-in.md).")]
    private static partial void LogCannotPublish(ILogger logger);
}
