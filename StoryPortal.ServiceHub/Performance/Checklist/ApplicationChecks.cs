using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>Whether our own processes do what makes them fast. What the gateway does, it tells in its measurements.</summary>
internal sealed class ApplicationChecks(PostgresDiagnostics database, IEnumerable<EndpointDataSource> endpoints) : ICheckGroup
{
    private const double LongestQueue = 100;
    private const int ThreadsOfACore = 25;
    private const double LeastTransactions = 5;

    private static readonly string[] Batches = ["/v1/agents/batch", "/v1/batch", "/v1/events/batch", "/v1/quality-scores/batch"];

    public string Name => "Application";

    public IEnumerable<Check> Checks =>
    [
        new("compression", "Answers are compressed", "Let `UseResponseCompression` stand in the gateway's pipeline, and callers send Accept-Encoding.", CompressionAsync),
        new("async", "Nothing blocks threads: no queue before the thread pool, and no crowd of threads", "Look for .Result, .Wait() and synchronous I/O; the dashboard command Profile shows where threads are.", ThreadsAsync),
        new("connections_pooled", "Database connections are pooled", "Open connections from the shared NpgsqlDataSource, and keep `Pooling` on.", PooledAsync),
        new("response_caching", "The gateway serves responses from its output cache", "Give the route an `OutputCachePolicy` in the gateway's configuration; responses with Set-Cookie or `no-store` are not cached.", ResponseCachingAsync),
        new("batching", "Batch endpoints are there", "Map them in the hub's Program.cs.", BatchingAsync),
    ];

    private Task<Finding> CompressionAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (Gateways(context) is not { Processes.Count: > 0 } gateways)
        {
            return Task.FromResult(Finding.Unknown("No gateway can be heard: only it compresses."));
        }

        var compressed = gateways.Total(MetricNames.CompressedResponses);
        return Task.FromResult(compressed > 0
            ? Finding.Of(true, $"{compressed} of {gateways.Total(MetricNames.AnyProtocol)} answers of the gateway were compressed.")
            : Finding.Unknown("Nobody has asked the gateway for an answer of 1,000 bytes or more in a compressed form yet."));
    }

    private Task<Finding> ThreadsAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var processes = context.Snapshots.Processes
            .Where(process => process.States.ContainsKey(MetricNames.ThreadQueue) && process.States.ContainsKey(MetricNames.Threads))
            .Select(process => (process.Service, process.Cores, Queue: process.States[MetricNames.ThreadQueue].Window, Threads: process.States[MetricNames.Threads].Window)).ToList();
        var blocked = processes.Exists(process => process.Queue.Mean > LongestQueue || process.Threads.Highest > Math.Max(ThreadsOfACore, ThreadsOfACore * process.Cores));
        return Task.FromResult(processes.Count == 0 ? Finding.Unknown("No process has told of its threads yet.") : Finding.Of(!blocked, string.Join("; ", processes.Select(process =>
            $"{process.Service}: {process.Queue.Mean:0.0} work items waiting on average, {process.Threads.Highest:0} threads at most on {process.Cores} cores"))));
    }

    private async Task<Finding> PooledAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var (sessions, transactions) = await database.SessionsAsync(cancellationToken);
        return sessions == 0
            ? Finding.Unknown("The server has not counted a session yet.")
            : Finding.Of(transactions >= LeastTransactions * sessions, $"{transactions} transactions in {sessions} sessions, {(double)transactions / sessions:0.0} each.");
    }

    private Task<Finding> ResponseCachingAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var (hits, misses) = (context.Snapshots.Total(MetricNames.Hits("output", "l1")), context.Snapshots.Total(MetricNames.Misses("output")));
        return Task.FromResult(hits > 0 ? Finding.Of(true, $"{hits} of {hits + misses} requests for what may be kept were answered from it.")
            : misses < Slo.DefaultMinSamples ? Finding.Unknown($"Only {misses} requests have been for something that may be kept.")
            : Finding.Of(false, $"None of {misses} requests was answered from what is kept."));
    }

    private Task<Finding> BatchingAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var routes = endpoints.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(endpoint => $"/{endpoint.RoutePattern.RawText?.Trim('/')}").ToHashSet();
        var missing = Batches.Where(batch => !routes.Contains(batch)).ToList();
        return Task.FromResult(Finding.Of(missing.Count == 0, missing.Count == 0 ? $"Served: {string.Join(", ", Batches)}." : $"Not served: {string.Join(", ", missing)}."));
    }

    internal static MetricSnapshots Gateways(CheckContext context) => new([.. context.Snapshots.Processes.Where(process => process.Service == "gateway")]);
}
