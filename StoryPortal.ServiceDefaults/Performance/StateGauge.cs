using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Tells Prometheus the last look at each state, under the scorecard's own names: alerts and scorecard see the same.</summary>
internal sealed class StateGauge(Recorder recorder, IMeterFactory meters) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        meters.Create(TelemetryNames.Prefix + "Performance").CreateObservableGauge(
            "measured_state",
            () => recorder.LastStates().Select(state => new Measurement<double>(state.Value, new KeyValuePair<string, object?>("state", state.Name))),
            description: "What the last look at a state of the scorecard saw, in the unit of its target.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
