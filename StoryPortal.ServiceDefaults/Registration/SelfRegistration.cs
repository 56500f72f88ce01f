using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceDefaults.Registration;

/// <summary>Keeps this process in the service registry for as long as it runs.</summary>
internal sealed partial class SelfRegistration(
    IServiceRegistry registry,
    ServiceName service,
    HealthState health,
    IOptions<RegistrationOptions> options,
    TimeProvider time,
    ILogger<SelfRegistration> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly RegistrationOptions _self = options.Value;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_self.Url is null)
        {
            LogNoUrl();
            return;
        }

        // Whoever finds an instance in the registry may call it at once.
        await health.WhenStarted.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var registration = new InstanceRegistration
        {
            Url = _self.Url,
            Version = ProcessSnapshotReader.Version,
            Layer = _self.Layer,
            Description = _self.Description,
            Tags = _self.Tags,
            LeaseSeconds = _self.LeaseSeconds,
        };

        var known = false;
        var told = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var failure = await TryAsync(() => registry.RegisterAsync(service.Value, _self.Id, registration, stoppingToken));
            if (failure is null && !known)
            {
                LogRegistered(service.Value, _self.Id, _self.Url);
            }
            else if (failure is not null && !told && !stoppingToken.IsCancellationRequested)
            {
                LogUnreachable(service.Value, failure); // once for each outage
            }

            known = failure is null;
            told = failure is not null;
            await Task.Delay(known ? TimeSpan.FromSeconds(_self.LeaseSeconds / 3.0) : RetryDelay, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_self.Url is null || !health.Started)
        {
            return;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(2));
        if (await TryAsync(() => registry.DeregisterAsync(service.Value, _self.Id, deadline.Token)) is { } failure)
        {
            LogLeftToLease(service.Value, failure);
        }
    }

    // Whatever goes wrong: a registry that cannot be reached must neither end a process nor hold up its end.
    private static async Task<Exception?> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Registered {Service} instance {InstanceId} at {Url}")]
    private partial void LogRegistered(string service, string instanceId, string url);

    [LoggerMessage(2, LogLevel.Warning, "The service registry cannot be reached for {Service}; it is asked again until it answers")]
    private partial void LogUnreachable(string service, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "The service registry cannot be told that {Service} ends; its lease will tell")]
    private partial void LogLeftToLease(string service, Exception exception);

    [LoggerMessage(3, LogLevel.Information, "Registration:Url is not set: this process does not register itself")]
    private partial void LogNoUrl();
}
