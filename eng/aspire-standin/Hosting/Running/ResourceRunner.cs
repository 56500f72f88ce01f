using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.StandIn;

/// <summary>Starts, watches and stops one resource.</summary>
internal sealed partial class ResourceRunner(
    IResource resource, RunnerServices services, ResourceLog log, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ChildProcess? _process;
    private Task _supervision = Task.CompletedTask;
    private bool _stopping;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_process is { Exit.IsCompleted: false })
            {
                return;
            }

            await _supervision;
            Publish(KnownResourceStates.Waiting);
            await services.Waits.WaitAsync(resource, cancellationToken);
            Publish(KnownResourceStates.Starting);
            await LaunchAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Publish(KnownResourceStates.Exited);
        }
        catch (Exception exception)
        {
            // Whatever kept it from starting is what whoever waits for it must be told.
            var failure = FailureReport.NotStarted(resource, exception.Message);
            var (level, summary) = (IsContainer(resource) ? LogLevel.Warning : LogLevel.Error, failure.Split('\n')[0]);
            LogNotStarted(logger, level, summary);
            Fail(KnownResourceStates.FailedToStart, failure);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_process is { Exit.IsCompleted: false } process)
            {
                _stopping = true;
                Publish(KnownResourceStates.Stopping);
                await process.StopAsync(cancellationToken);
                await _supervision;
            }
        }
        finally
        {
            _stopping = false;
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    public static bool IsContainer(IResource resource) => resource is ContainerResource or IResourceWithParent { Parent: ContainerResource };

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        switch (resource)
        {
            case ContainerResource:
                throw new DistributedApplicationException(FailureReport.Container(ImageOf(resource)));
            case IResourceWithParent { Parent: ContainerResource parent }:
                throw new DistributedApplicationException($"'{parent.Name}', which it is part of, was not started: {FailureReport.Container(ImageOf(parent))}");
            case ProjectResource or ExecutableResource:
                log.Forget();
                _process = ChildProcess.Start(await services.LaunchSpec.CreateAsync(resource, cancellationToken), log.Write);
                break;
            default:
                break;
        }

        Publish(KnownResourceStates.Running);
        _supervision = SuperviseAsync(_process);
    }

    private async Task SuperviseAsync(ChildProcess? process)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(services.Stopping);
        var health = MonitorAsync(ended.Token);
        if (process is not null)
        {
            var exitCode = await process.Exit;
            await ended.CancelAsync();
            await health;
            Ended(exitCode);
        }
        else
        {
            await health;
        }
    }

    private async Task MonitorAsync(CancellationToken cancellationToken)
    {
        try
        {
            await services.Health.WatchAsync(
                resource, () => services.Eventing.PublishAsync(new ResourceReadyEvent(resource, services.Provider), cancellationToken), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ended or the application stops: nothing is left to watch.
        }
        catch (Exception exception)
        {
            var failure = $"What is done when '{resource.Name}' is ready failed: {exception.Message}";
            LogFailure(logger, failure);
            Fail(KnownResourceStates.FailedToStart, failure);
        }
    }

    private void Ended(int exitCode)
    {
        services.Notifications.TryGetCurrentState(resource.Name, out var last);
        if (_stopping)
        {
            services.Notifications.Publish(resource, snapshot => Reset(snapshot) with { State = KnownResourceStates.Exited, ExitCode = exitCode });
        }
        else if (exitCode == 0 && (last!.Snapshot.IsReady || !resource.TryGetLastAnnotation<HealthCheckAnnotation>(out _)))
        {
            services.Notifications.Publish(resource, snapshot => Reset(snapshot) with { State = KnownResourceStates.Finished, ExitCode = exitCode });
        }
        else
        {
            var failure = FailureReport.Exited(resource, exitCode, last!.Snapshot.IsReady, log.LastLines);
            LogFailure(logger, failure);
            Fail(KnownResourceStates.Finished, failure, exitCode);
        }
    }

    private void Fail(string state, string failure, int? exitCode = null) => services.Notifications.Publish(
        resource, snapshot => Reset(snapshot) with { State = state, Failure = failure, ExitCode = exitCode, IsReady = snapshot.IsReady });

    private void Publish(string state) => services.Notifications.Publish(resource, snapshot => Reset(snapshot) with
    {
        State = state,
        HealthStatus = state == KnownResourceStates.Running ? HealthStatus.Unhealthy : null,
    });

    private static CustomResourceSnapshot Reset(CustomResourceSnapshot snapshot) =>
        snapshot with { ExitCode = null, HealthStatus = null, HealthReports = [], IsReady = false, Failure = null };

    private static string ImageOf(IResource container) =>
        container.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault() is { } image ? $"{image.Image}:{image.Tag}" : container.Name;

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "{Failure}")]
    private static partial void LogFailure(ILogger logger, string failure);

    [LoggerMessage(EventId = 11, Message = "{Failure}")]
    private static partial void LogNotStarted(ILogger logger, LogLevel level, string failure);
}

/// <summary>What every <see cref="ResourceRunner"/> uses.</summary>
internal sealed record RunnerServices(
    IServiceProvider Provider, ResourceNotificationService Notifications, IDistributedApplicationEventing Eventing, Dependencies Waits, LaunchSpec LaunchSpec,
    HealthMonitor Health, CancellationToken Stopping);
