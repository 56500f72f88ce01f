using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Hears what the meters of this process are told and keeps it for the scorecard: warm-ups, connections. Who measures need not know.</summary>
internal sealed class MeterReadings : IHostedService, IDisposable
{
    private readonly Recorder _recorder;
    private readonly MeterListener _listener = new();
    private readonly Recorder.Tally _connections;

    public MeterReadings(Recorder recorder, IMeterFactory meters)
    {
        _recorder = recorder;
        _connections = recorder.TallyOf(Measured.Connections);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other hosts of the same process, as in tests, have meters of their own.
            if (ReferenceEquals(instrument.Meter.Scope, meters) && KindOf(instrument.Name) is { } kind)
            {
                listener.EnableMeasurementEvents(instrument, kind);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, kind) => Count((Kind)kind!, value));
    }

    private enum Kind
    {
        Warmed,
        Connection,
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    private static object? KindOf(string instrument) => instrument switch
    {
        "cache_warmed_answers" => Kind.Warmed,
        "kestrel.active_connections" => Kind.Connection,
        _ => null,
    };

    private void Count(Kind kind, long value)
    {
        if (kind == Kind.Connection)
        {
            _connections.Add(Math.Max(0, value)); // -1: one was closed
        }
        else
        {
            _recorder.StateOf(Measured.Warmed).Set(value);
        }
    }
}
