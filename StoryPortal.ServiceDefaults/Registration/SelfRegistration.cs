using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;

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

    private string InstanceId => _self.InstanceId ?? $"{Environment.MachineName}-{new Uri(_self.Url!).Port}".ToLowerInvariant();

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
            Version = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0],
            Layer = _self.Layer,
            Description = _self.Description,
            Tags = _self.Tags,
            LeaseSeconds = _self.LeaseSeconds,
        };

        var known = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var renewed = await TryRegisterAsync(registration, stoppingToken);
            if (renewed && !known)
            {
                LogRegistered(service.Value, InstanceId, _self.Url);
            }

            known = renewed;
            await Task.Delay(renewed ? TimeSpan.FromSeconds(_self.LeaseSeconds / 3.0) : RetryDelay, time, stoppingToken)
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

        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(2));
            await registry.DeregisterAsync(service.Value, InstanceId, deadline.Token);
        }
        catch (Exception exception)
        {
            // The lease ends by itself: a registry that cannot be reached must not hold up the end of the process.
            LogFailed(service.Value, exception);
        }
    }

    private async Task<bool> TryRegisterAsync(InstanceRegistration registration, CancellationToken stoppingToken)
    {
        try
        {
            await registry.RegisterAsync(service.Value, InstanceId, registration, stoppingToken);
            return true;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception)
        {
            LogFailed(service.Value, exception);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Registered {Service} instance {InstanceId} at {Url}")]
    private partial void LogRegistered(string service, string instanceId, string url);

    [LoggerMessage(2, LogLevel.Warning, "The service registry cannot be reached for {Service}; it is asked again")]
    private partial void LogFailed(string service, Exception exception);

    [LoggerMessage(3, LogLevel.Information, "Registration:Url is not set: this process does not register itself")]
    private partial void LogNoUrl();
}
