using System.Net;
using Npgsql;
using NpgsqlTypes;

namespace StoryPortal.Generator.Tables;

/// <summary>Requests as the gateway logs them: log-normal latencies, a few percent of errors.</summary>
internal sealed class ApiRequestRows(int count, Calendar calendar, int seed) : TableRows(
    "api_requests",
    "id, request_id, timestamp, method, route, path, status_code, latency_ms, consumer, client_ip, user_agent, trace_id, request_bytes, response_bytes, cache",
    count)
{
    private static readonly Route[] Routes =
    [
        new("GET", "/v1/agents/{id}", 30, 1.2), new("POST", "/v1/events", 25, 4), new("GET", "/v1/services", 12, 0.6), new("GET", "/v1/events", 10, 5),
        new("GET", "/v1/agents", 7, 6), new("GET", "/v1/sessions/{id}", 6, 1.2), new("POST", "/v1/events/batch", 3, 90), new("PATCH", "/v1/agents/{id}", 3, 5),
        new("POST", "/v1/sessions", 2, 4), new("GET", "/v1/events/stats", 1, 45), new("POST", "/v1/batch", 1, 20),
    ];

    private static readonly WeightedChoice RouteChoice = new(Routes.Select(route => route.Weight));
    private static readonly int[] Errors = [404, 400, 429, 401, 409, 503, 500];
    private static readonly WeightedChoice ErrorChoice = new([45, 25, 10, 10, 3, 5, 2]);
    private static readonly string[] Agents = ["story-agent/1.4", "k6/1.0", "python-httpx/0.28", "curl/8.5"];

    private readonly WeightedChoice _consumers = WeightedChoice.Zipf(200);
    private readonly Random _random = new(seed + 40);

    public override Guid FirstId { get; } = Ids.Next(new Random(seed + 41));

    protected override void Write(NpgsqlBinaryImporter row, int i)
    {
        var time = calendar.At((i + _random.NextDouble()) / Count);
        var id = i == 0 ? FirstId : Ids.Next(_random, time);
        var route = Routes[RouteChoice.Next(_random)];
        var status = _random.Next(1000) < 35 ? Errors[ErrorChoice.Next(_random)] : route.Method == "POST" ? 201 : 200;
        var reads = route.Method == "GET";
        var hit = reads && _random.Next(100) < 85;

        row.Write(id, NpgsqlDbType.Uuid);
        row.Write($"{id:N}", NpgsqlDbType.Text);
        row.Write(time, NpgsqlDbType.TimestampTz);
        row.Write(route.Method, NpgsqlDbType.Text);
        row.Write(route.Template, NpgsqlDbType.Text);
        row.Write(route.Template.Replace("{id}", $"{id}", StringComparison.Ordinal), NpgsqlDbType.Text);
        row.Write(status, NpgsqlDbType.Integer);
        row.Write(route.Median * Math.Exp(0.7 * Normal()) * (hit ? 0.3 : 1), NpgsqlDbType.Double);
        row.Write($"consumer-{_consumers.Next(_random)}", NpgsqlDbType.Text);
        row.Write(new IPAddress(0x0A000000 + (uint)_random.Next(1 << 12)), NpgsqlDbType.Inet);
        row.Write(Agents[_random.Next(Agents.Length)], NpgsqlDbType.Text);
        row.Write($"{_random.NextInt64():x16}{_random.NextInt64():x16}", NpgsqlDbType.Text);
        row.Write(reads ? 0L : _random.Next(80, 2_000), NpgsqlDbType.Bigint);
        row.Write((long)_random.Next(120, 20_000), NpgsqlDbType.Bigint);
        if (reads)
        {
            row.Write(hit ? "HIT" : "MISS", NpgsqlDbType.Text);
        }
        else
        {
            row.WriteNull();
        }
    }

    // Box and Muller.
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(Math.Tau * _random.NextDouble());

    private sealed record Route(string Method, string Template, double Weight, double Median);
}
