using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>
/// Sends what is left of traces, metrics and logs when everything else is done: all three at once, and for no longer than
/// <see cref="TelemetryOptions.LastExportMilliseconds"/>. By themselves they try one after the other, and a collector that is away would keep the process beyond the ten
/// seconds after which platforms kill.
/// </summary>
internal sealed class LastExport(TracerProvider traces, MeterProvider metrics, LoggerProvider logs, TelemetryOptions options) : IHostedLifecycleService
{
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => traces.Shutdown(options.LastExportMilliseconds), CancellationToken.None),
        Task.Run(() => metrics.Shutdown(options.LastExportMilliseconds), CancellationToken.None),
        Task.Run(() => logs.Shutdown(options.LastExportMilliseconds), CancellationToken.None));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
