using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.StandIn;

/// <summary>Starts the resources in the order in which they wait for each other, and stops them in the opposite one.</summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model, IServiceProvider provider, ResourceNotificationService notifications, ResourceLoggerService logs,
    IDistributedApplicationEventing eventing, HealthCheckService checks, LaunchSpec launchSpec, DashboardProcess dashboard, IConfiguration configuration,
    ILogger<DistributedApplication> logger) : IHostedService, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<IResource, ResourceRunner> _runners = [];
    private readonly ConcurrentDictionary<IResource, Lazy<Task>> _stops = [];
    private bool _disposed;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        PortAllocation.Allocate(model, configuration.GetValue("DcpPublisher:RandomizePorts", false));
        dashboard.Start();
        var services = new RunnerServices(
            provider, notifications, eventing, new Dependencies(notifications), launchSpec, new HealthMonitor(checks, notifications), _stopping.Token);
        foreach (var resource in model.Resources)
        {
            _runners[resource] = new ResourceRunner(resource, services, logs.Log(resource.Name), logger);
            notifications.Publish(resource, snapshot => snapshot with { State = KnownResourceStates.NotStarted });
        }

        await Task.WhenAll(model.Resources.Where(StartsByItself).Select(resource => _runners[resource].StartAsync(giveUp.Token)));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_runners.Keys.Select(resource => StopAfterDependentsAsync(resource, cancellationToken)).Append(dashboard.StopAsync(cancellationToken)));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return; // the container holds it under two names
        }

        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
        foreach (var runner in _runners.Values)
        {
            runner.Dispose();
        }
    }

    public ResourceRunner Runner(IResource resource) => _runners.TryGetValue(resource, out var runner)
        ? runner
        : throw new DistributedApplicationException($"Resource '{resource.Name}' cannot be started or stopped before the application has started.");

    public static bool StartsByItself(IResource resource) => !resource.TryGetLastAnnotation<ExplicitStartupAnnotation>(out _);

    private Task StopAfterDependentsAsync(IResource resource, CancellationToken cancellationToken) => _stops.GetOrAdd(resource, stopping => new Lazy<Task>(async () =>
    {
        var dependents = _runners.Keys.Where(other => other.Annotations.OfType<WaitAnnotation>().Any(wait => wait.Resource == stopping));
        await Task.WhenAll(dependents.Select(dependent => StopAfterDependentsAsync(dependent, cancellationToken)));
        await _runners[stopping].StopAsync(cancellationToken);
    })).Value;
}
