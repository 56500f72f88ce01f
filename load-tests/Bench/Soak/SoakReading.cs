using System.Globalization;
using Npgsql;
using StoryPortal.Bench.Load;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Soak;

/// <summary>How the system is at one moment of the soak.</summary>
/// <param name="At">Since its beginning.</param>
/// <param name="PerSecond">Requests a second since the reading before.</param>
/// <param name="Failed">Requests that failed since then.</param>
/// <param name="Figures">What must not grow.</param>
internal sealed record SoakReading(TimeSpan At, double PerSecond, int Failed, IReadOnlyDictionary<string, double> Figures)
{
    /// <summary>The head of the table.</summary>
    public static string Header { get; } =
        $"{"min",5} {"req/s",7} {"failed",6} {"p99 ms",7}  {"heap MiB",-12}  {"memory MiB",-12}  {"handles",-12}  {"threads",-11}  {"Postgres",8} {"Redis",5} {"hub",4}   (of gateway/hub/worker; connections)";

    /// <summary>Reads everything.</summary>
    public static async Task<SoakReading> TakeAsync(TimeSpan at, IReadOnlyList<Sample> samples, TimeSpan since, BenchmarkEnvironment environment)
    {
        var figures = new Dictionary<string, double> { ["p99 ms"] = samples.Select(sample => sample.Milliseconds).Percentile(0.99) };
        foreach (var (name, service) in MeasuredSystem.ServiceNames.Zip((ServiceProcess[])[environment.System.Gateway, environment.System.Hub, environment.System.DataLayer]))
        {
            figures[$"heap {name}"] = await HeapAsync(service, environment.Stopped);
            figures[$"memory {name}"] = ProcFiles.ResidentMebibytes(service.Id);
            figures[$"handles {name}"] = ProcFiles.Handles(service.Id);
            figures[$"threads {name}"] = ProcFiles.Threads(service.Id);
        }

        figures["connections Postgres"] = ProcFiles.ConnectionsTo(new NpgsqlConnectionStringBuilder(environment.System.ConnectionString).Port);
        figures["connections Redis"] = ProcFiles.ConnectionsTo(environment.System.RedisPort);
        figures["connections gateway-hub"] = ProcFiles.ConnectionsTo(environment.System.Hub.Http2.Port);
        return new SoakReading(at, samples.Count / since.TotalSeconds, samples.Count(sample => sample.Failed), figures);
    }

    /// <summary>A line of the table.</summary>
    public string Line() => string.Create(CultureInfo.InvariantCulture,
        $"{At.TotalMinutes,5:0.0} {PerSecond,7:N0} {Failed,6} {Figures["p99 ms"],7:0.0}  {Of("heap"),-12}  {Of("memory"),-12}  {Of("handles"),-12}  {Of("threads"),-11}  {Figures["connections Postgres"],8} {Figures["connections Redis"],5} {Figures["connections gateway-hub"],4}");

    private string Of(string figure) => string.Join('/', MeasuredSystem.ServiceNames.Select(service => Figures[$"{figure} {service}"].ToString("0", CultureInfo.InvariantCulture)));

    // What was alive after the last collection: what is garbage by now is no growth.
    private static async Task<double> HeapAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        const double BytesPerMebibyte = 1 << 20;
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync(new Uri(service.Operators, "/metrics"), cancellationToken);
        return metrics.Split('\n').Where(line => line.StartsWith("dotnet_gc_last_collection_heap_size_bytes{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture)) / BytesPerMebibyte;
    }
}
