using System.Text.Json;
using Npgsql;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.DataLayer.Performance;

/// <summary>Reads the snapshots of all processes and makes the scorecard.</summary>
public sealed class ScorecardReader(ProcessSnapshotReader self, IConnectionMultiplexer redis, PerformanceStore store, TimeProvider time)
{
    private static readonly string[] Tiers = ["agent_metadata", "service_registry", "model_configs", "user_sessions", "api_responses", "default", "output"];

    private volatile IReadOnlyList<RegisteredProcess> _registered = [];

    /// <summary>The scorecard of now.</summary>
    public async Task<Scorecard> ReadAsync(CancellationToken cancellationToken)
    {
        var (snapshots, unheard) = await ReadSnapshotsAsync(cancellationToken);
        var now = time.GetUtcNow();
        return new Scorecard(
            now,
            MetricAggregator.WindowSeconds,
            [.. snapshots.Processes.OrderBy(process => process.Service, StringComparer.Ordinal).ThenBy(process => process.Instance, StringComparer.Ordinal).Select(Report)],
            unheard,
            [.. Slos.All.Select(snapshots.Row)],
            [.. Tiers.Select(snapshots.Cache)],
            snapshots.Traffic(now));
    }

    /// <summary>The snapshots of all processes, and the processes without a snapshot.</summary>
    public async Task<(MetricSnapshots Snapshots, IReadOnlyList<UnheardProcess> Unheard)> ReadSnapshotsAsync(CancellationToken cancellationToken)
    {
        var own = self.Read();
        var heard = new List<ProcessSnapshot> { own };
        var unheard = new List<UnheardProcess>();
        var others = (await RegisteredAsync(cancellationToken)).Where(process => process.Service != own.Service || process.Instance != own.Instance).ToList();
        var fetched = await Task.WhenAll(others.Select(FetchAsync));
        foreach (var (process, (snapshot, reason)) in others.Zip(fetched))
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

        return (new MetricSnapshots(heard), unheard);
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

    private async Task<(ProcessSnapshot? Snapshot, string? Reason)> FetchAsync(RegisteredProcess process)
    {
        try
        {
            var json = (byte[]?)await redis.GetDatabase().StringGetAsync(ProcessSnapshot.GetKey(process.Service, process.Instance));
            return json is null
                ? (null, "It has told nothing of itself for ten seconds.")
                : (JsonSerializer.Deserialize(json, PerformanceJson.Default.ProcessSnapshot), "What it tells is empty.");
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

    private static ProcessReport Report(ProcessSnapshot process) => new(
        process.Service, process.Instance, process.Version, process.StartedAt, process.TakenAt,
        process.States.GetValueOrDefault(MetricNames.Startup) is { } startup ? Math.Round(startup.Total.Highest, 3) : null,
        process.States.GetValueOrDefault(MetricNames.Memory)?.Window.Highest ?? 0,
        Math.Round(process.States.GetValueOrDefault(MetricNames.Cpu)?.Window.Mean ?? 0, 3));
}
