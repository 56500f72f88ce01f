using System.Text.Json;
using Npgsql;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.DataLayer.Performance;

/// <summary>Hears what every process of the system has measured and makes the scorecard of it.</summary>
public sealed class ScorecardReader(ProcessReadings self, IConnectionMultiplexer redis, PerformanceStore store, TimeProvider time)
{
    private static readonly string[] Tiers = ["agent_metadata", "service_registry", "model_configs", "user_sessions", "api_responses", "default", "output"];

    private volatile IReadOnlyList<RegisteredProcess> _registered = [];

    /// <summary>The scorecard of now.</summary>
    public async Task<Scorecard> ReadAsync(CancellationToken cancellationToken)
    {
        var (readings, unheard) = await HearAsync(cancellationToken);
        var now = time.GetUtcNow();
        return new Scorecard(
            now,
            Recorder.WindowSeconds,
            [.. readings.Processes.OrderBy(process => process.Service, StringComparer.Ordinal).ThenBy(process => process.Instance, StringComparer.Ordinal).Select(Report)],
            unheard,
            [.. Targets.All.Select(readings.Row)],
            [.. Tiers.Select(readings.Cache)],
            readings.Traffic(now));
    }

    /// <summary>What every process has measured, and who could not be heard.</summary>
    public async Task<(Readings Readings, IReadOnlyList<UnheardProcess> Unheard)> HearAsync(CancellationToken cancellationToken)
    {
        var own = self.Snapshot();
        var heard = new List<PerformanceSnapshot> { own };
        var unheard = new List<UnheardProcess>();
        var others = (await RegisteredAsync(cancellationToken)).Where(process => process.Service != own.Service || process.Instance != own.Instance).ToList();
        var snapshots = await Task.WhenAll(others.Select(FetchAsync));
        foreach (var (process, (snapshot, reason)) in others.Zip(snapshots))
        {
            if (snapshot is not null)
            {
                heard.Add(snapshot);
            }
            else
            {
                unheard.Add(new UnheardProcess(process.Service, process.Instance, process.IsAlive ? reason! : "Its lease in the service registry has ended."));
            }
        }

        return (new Readings(heard), unheard);
    }

    // Without a database those count that were there when it was last asked.
    private async Task<IReadOnlyList<RegisteredProcess>> RegisteredAsync(CancellationToken cancellationToken)
    {
        try
        {
            _registered = await store.ProcessesAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
        }

        return _registered;
    }

    private async Task<(PerformanceSnapshot? Snapshot, string? Reason)> FetchAsync(RegisteredProcess process)
    {
        try
        {
            var json = (byte[]?)await redis.GetDatabase().StringGetAsync(SnapshotPublisher.KeyOf(process.Service, process.Instance));
            return json is null
                ? (null, "It has told nothing of itself for ten seconds.")
                : (JsonSerializer.Deserialize(json, PerformanceJson.Default.PerformanceSnapshot), "What it tells is empty.");
        }
        catch (JsonException)
        {
            return (null, "What it tells cannot be read: it runs another version.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return (null, "Redis, through which processes tell of themselves, does not answer.");
        }
    }

    private static ProcessReport Report(PerformanceSnapshot process) => new(
        process.Service, process.Instance, process.Version, process.StartedAt, process.TakenAt,
        process.States.GetValueOrDefault(Measured.Startup) is { } startup ? Math.Round(startup.Total.Highest, 3) : null,
        process.States.GetValueOrDefault(Measured.Memory)?.Window.Highest ?? 0,
        Math.Round(process.States.GetValueOrDefault(Measured.Cpu)?.Window.Mean ?? 0, 3));
}
