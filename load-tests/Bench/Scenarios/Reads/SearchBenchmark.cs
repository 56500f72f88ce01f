using System.Diagnostics;
using System.Net.Http.Headers;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Reads;

/// <summary>
/// The p95 of a search in 5,000 services at the hub's endpoint: names, words of descriptions, cut words and misspelt words in turn.
/// </summary>
internal sealed class SearchBenchmark() : ValueBenchmark("reads/search of 5,000 services", "p95 at the hub", "ms")
{
    private const int Services = 5000;

    private static readonly Uri LastInstance = new("/v1/services/bench-last/instances/a", UriKind.Relative);

    private static readonly string[] Kinds =
        ["payment", "story", "image", "search", "billing", "review", "export", "archive", "translation", "notification"];

    private static readonly string[] Roles = ["gateway", "writer", "planner", "worker", "scheduler", "indexer", "proxy", "store"];

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        await FillAsync(environment);
        await MeasureAsync(environment); // the first search reads the registry
    }

    // Other benchmarks list services.
    public override async Task CleanUpAsync(BenchmarkEnvironment environment)
    {
        await using var clear = environment.System.Database.CreateCommand("DELETE FROM mcp_documents.services WHERE name LIKE 'bench-%-%'");
        await clear.ExecuteNonQueryAsync(CancellationToken.None);
        using var last = await environment.Hub.DeleteAsync(LastInstance, CancellationToken.None);
    }

    protected override async Task<double> MeasureAsync(BenchmarkEnvironment environment)
    {
        var random = new Random(1);
        var times = new double[environment.Options.Quick ? 200 : 500];
        for (var i = 0; i < times.Length; i++)
        {
            var address = Address(Query(random, i));
            var start = Stopwatch.GetTimestamp();
            using var response = await environment.Hub.GetAsync(address, environment.Stopped);
            response.EnsureSuccessStatusCode();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times.Percentile(0.95);
    }

    private static string Query(Random random, int number)
    {
        var (kind, role) = (Kinds[random.Next(Kinds.Length)], Roles[random.Next(Roles.Length)]);
        return (number % 4) switch
        {
            0 => $"bench-{kind}-{role}-{random.Next(Services)}",
            1 => $"{kind} {role}",
            2 => $"{kind[..3]} {role[..4]}",
            _ => $"{kind[1]}{kind[0]}{kind[2..]} {role.Remove(2, 1)}",
        };
    }

    private static Uri Address(string query) => new($"/v1/services/search?q={Uri.EscapeDataString(query)}", UriKind.Relative);

    // The last service is registered over the API, so that the hub learns that the registry has changed.
    private static async Task FillAsync(BenchmarkEnvironment environment)
    {
        await using var fill = environment.System.Database.CreateCommand($"""
            WITH named AS (
                SELECT n, (ARRAY['{string.Join("', '", Kinds)}'])[1 + n % {Kinds.Length}] AS kind,
                    (ARRAY['{string.Join("', '", Roles)}'])[1 + n / 10 % {Roles.Length}] AS role
                FROM generate_series(1, {Services - 1}) n),
            service AS (
                INSERT INTO mcp_documents.services (name, version, layer, description, tags)
                SELECT format('bench-%s-%s-%s', kind, role, n), '1.0', 'L50',
                    format('The %s of %s number %s keeps %s', role, kind, n, md5(n::text)), ARRAY[kind, role]
                FROM named
                ON CONFLICT DO NOTHING)
            INSERT INTO mcp_documents.service_instances (service_name, id, url, lease_seconds)
            SELECT format('bench-%s-%s-%s', kind, role, n), 'a', 'http://127.0.0.1:9/', 86400 FROM named
            ON CONFLICT DO NOTHING
            """);
        await fill.ExecuteNonQueryAsync(environment.Stopped);
        using var body = new StringContent(
            $$"""{"url": "http://127.0.0.1:9/", "version": "{{Guid.NewGuid():N}}", "lease_seconds": 86400}""",
            new MediaTypeHeaderValue("application/json"));
        using var last = await environment.Hub.PutAsync(LastInstance, body, environment.Stopped);
        last.EnsureSuccessStatusCode();
    }
}
