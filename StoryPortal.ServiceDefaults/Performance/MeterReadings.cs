using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Hears what the meters of this process are told and keeps it for the scorecard: lookups in caches, connections. Who measures need not know.</summary>
internal sealed class MeterReadings : IHostedService, IDisposable
{
    private readonly Recorder _recorder;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Tier> _tiers = new(StringComparer.Ordinal);
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
        _listener.SetMeasurementEventCallback<long>((_, value, tags, kind) => Count((Kind)kind!, value, tags));
    }

    private enum Kind
    {
        Hit,
        Miss,
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
        "cache_hits_total" => Kind.Hit,
        "cache_misses_total" => Kind.Miss,
        "cache_warmed_answers" => Kind.Warmed,
        "kestrel.active_connections" => Kind.Connection,
        _ => null,
    };

    private void Count(Kind kind, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (kind)
        {
            case Kind.Connection:
                _connections.Add(Math.Max(0, value)); // -1: one was closed
                break;
            case Kind.Warmed:
                _recorder.StateOf(Measured.Warmed).Set(value);
                break;
            default:
                var tier = _tiers.GetOrAdd(Tag(tags, "cache_type") ?? "default", static (name, recorder) => new Tier(
                    recorder.TallyOf(Measured.Hits(name, "l1")), recorder.TallyOf(Measured.Hits(name, "l2")), recorder.TallyOf(Measured.Misses(name))), _recorder);
                (kind == Kind.Miss ? tier.Misses : Tag(tags, "level") == "l2" ? tier.L2 : tier.L1).Add(value);
                break;
        }
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
            {
                return value as string;
            }
        }

        return null;
    }

    private sealed record Tier(Recorder.Tally L1, Recorder.Tally L2, Recorder.Tally Misses);
}
