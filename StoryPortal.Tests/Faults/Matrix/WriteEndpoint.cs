namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>A write of the API. In every text, <c>$id</c> is the UUID of one attempt.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path.</param>
/// <param name="Body">The JSON body, or null.</param>
/// <param name="Stored">SQL that counts the rows which the write has stored or changed: one where it is done.</param>
/// <param name="Prepare">SQL that stores what the write changes, or null.</param>
internal sealed record WriteEndpoint(string Method, string Path, string? Body, string Stored, string? Prepare = null)
{
    private const string CountIn = "SELECT count(*) FROM mcp_documents";
    private const string Agents = $"{CountIn}.agents WHERE name = '$id'";
    private const string Sessions = $"{CountIn}.sessions WHERE";
    private const string Events = $"{CountIn}.events WHERE type = '$id'";
    private const string Scores = $"{CountIn}.quality_scores WHERE component_id = '$id'";
    private const string Instances = $"{CountIn}.service_instances WHERE service_name = '$id'";
    private const string Owners = $"{CountIn}.service_owners WHERE service_name = '$id'";
    private const string NewOwner =
        "INSERT INTO mcp_documents.service_owners (service_name, owner_id, owner_name) VALUES ('$id', '$id', '$id')";

    private const string NewAgent = "INSERT INTO mcp_documents.agents (id, name, type) VALUES ('$id', '$id', 'cancelled')";
    private const string NewSession = "INSERT INTO mcp_documents.sessions (id, type) VALUES ('$id', 'cancelled')";
    private const string NewJob = "INSERT INTO mcp_documents.maintenance_jobs (name, schedule) VALUES ('$id', 'off')";
    private const string NewKey =
        "INSERT INTO mcp_documents.api_keys (id, name, key_hash, scopes) VALUES ('$id', '$id', sha256('$id'), '{read}')";

    private const string Heartbeat = "/v1/services/$id/instances/a/heartbeat";
    private const string Agent = """{"name": "$id", "type": "cancelled"}""";
    private const string Score = """{"component_type": "cancelled", "component_id": "$id", "overall_score": 50}""";
    private const string LoadTest = """
        {"name": "$id", "tool": "k6", "duration_seconds": 1, "requests": 1, "failed_requests": 0, "requests_per_second": 1, "p95_ms": 1, "p99_ms": 1}
        """;
    private const string ApiRequest = """
        {"id": "$id", "request_id": "r", "timestamp": "2026-01-01T00:00:00Z", "method": "GET", "route": "/v1", "path": "/v1", "status_code": 200, "latency_ms": 1}
        """;

    // More than the send buffer of Postgres: the row leaves before the end of the statement.
    private static readonly string Large = $$"""{"large": "{{new string('x', 20_000)}}"}""";

    /// <summary>Every endpoint that writes to Postgres, but for those that only an operator of one process asks for.</summary>
    public static IReadOnlyList<WriteEndpoint> All { get; } =
    [
        new("POST", "/v1/agents", Agent, Agents) { TakesKeys = true },
        new("POST", "/v1/agents/batch", $"[{Agent}]", Agents) { TakesKeys = true },
        new("PUT", "/v1/agents/$id", Agent, Agents),
        new("PATCH", "/v1/agents/$id", $$"""{"metadata": {{Large}}}""", $"{Agents} AND metadata ? 'large'", NewAgent),
        new("DELETE", "/v1/agents/$id", null, $"SELECT 1 - ({Agents})", NewAgent),
        new("POST", "/v1/sessions", """{"type": "$id"}""", $"{Sessions} type = '$id'") { TakesKeys = true },
        new("PATCH", "/v1/sessions/$id", $$"""{"context": {{Large}}}""", $"{Sessions} id = '$id' AND context ? 'large'", NewSession),
        new("POST", "/v1/sessions/$id/end", null, $"{Sessions} id = '$id' AND NOT is_active", NewSession),
        new("POST", "/v1/events", """{"type": "$id"}""", Events) { TakesKeys = true },
        new("POST", "/v1/events/batch", """[{"type": "$id"}]""", Events) { TakesKeys = true },
        new("POST", "/v1/quality-scores", Score, Scores) { TakesKeys = true },
        new("POST", "/v1/quality-scores/batch", $"[{Score}]", Scores) { TakesKeys = true },
        new("PUT", "/v1/models/$id", """{"provider": "openai", "model": "cancelled"}""", $"{CountIn}.model_configs WHERE id = '$id'"),
        new("POST", "/v1/admin/api-keys", """{"name": "$id", "scopes": ["read"]}""", $"{CountIn}.api_keys WHERE name = '$id'"),
        new("POST", "/v1/admin/api-keys/$id/rotate", null, $"{CountIn}.api_keys WHERE id = '$id' AND key_hash <> sha256('$id')", NewKey),
        new("DELETE", "/v1/admin/api-keys/$id", null, $"{CountIn}.api_keys WHERE id = '$id' AND revoked_at IS NOT NULL", NewKey),
        new("POST", "/v1/admin/jobs/$id/run", null, $"{CountIn}.maintenance_jobs WHERE name = '$id' AND requested_at IS NOT NULL", NewJob),
        new("POST", "/v1/performance/baselines", """{"label": "$id"}""", $"{CountIn}.performance_baselines WHERE label = '$id'"),
        new("POST", "/v1/performance/load-tests", LoadTest, $"{CountIn}.load_tests WHERE name = '$id'"),
        new("POST", "/v1/batch", $$"""[{"method": "POST", "path": "/v1/agents", "body": {{Agent}}}]""", Agents),
        new("POST", "/internal/api-requests", $"[{ApiRequest}]", $"{CountIn}.api_requests WHERE id = '$id'"),
        new("PUT", "/v1/services/$id/instances/a", """{"url": "http://127.0.0.1:9/"}""", Instances),
        new("POST", Heartbeat, null, $"{Instances} AND last_heartbeat_at > registered_at", NewInstance(leaseMissed: false)),
        new("POST", Heartbeat, null, $"{Instances} AND NOT lease_missed", NewInstance(leaseMissed: true)),
        new("DELETE", "/v1/services/$id/instances/a", null, $"SELECT 1 - ({Instances})", NewInstance(leaseMissed: false)),
        new("PUT", "/v1/admin/services/$id/owner", """{"id": "00000000-0000-0000-0000-000000000000"}""", Owners),
        new("DELETE", "/v1/admin/services/$id/owner", null, $"SELECT 1 - ({Owners})", NewOwner),
    ];

    /// <summary>Whether the endpoint takes an <c>Idempotency-Key</c>.</summary>
    public bool TakesKeys { get; private init; }

    /// <summary>Writes of the same turn run one after the other: changes of the registry wait for each other.</summary>
    public string Turn => Path.StartsWith("/v1/services", StringComparison.Ordinal) ? "services" : $"{Method} {Path}";

    private static string NewInstance(bool leaseMissed) => $"""
        INSERT INTO mcp_documents.services (name) VALUES ('$id');
        INSERT INTO mcp_documents.service_instances (service_name, id, url, lease_seconds, registered_at, last_heartbeat_at, lease_missed)
        VALUES ('$id', 'a', 'http://127.0.0.1:9/', 3600, now(), now() - interval '1 second', {leaseMissed})
        """;
}

/// <summary>One request to a write endpoint.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Key">The Idempotency-Key, or null.</param>
internal sealed record WriteAttempt(WriteEndpoint Endpoint, string? Key)
{
    private readonly string _id = $"{Guid.NewGuid()}";

    /// <summary>An attempt at every endpoint, and one with an Idempotency-Key where the endpoint takes one.</summary>
    public static List<WriteAttempt> All() =>
    [
        .. WriteEndpoint.All.Select(endpoint => new WriteAttempt(endpoint, null)),
        .. WriteEndpoint.All.Where(endpoint => endpoint.TakesKeys).Select(endpoint => new WriteAttempt(endpoint, $"{Guid.NewGuid()}")),
    ];

    /// <summary>Whether the same request does the same once, however often it is sent.</summary>
    public bool IsRepeatable => Key is not null || Endpoint.Path.Contains("$id", StringComparison.Ordinal);

    /// <summary>The path of this attempt.</summary>
    public string Path => Fill(Endpoint.Path);

    /// <summary>The body of this attempt, or null.</summary>
    public string? Body => Endpoint.Body is { } body ? Fill(body) : null;

    /// <summary>SQL that stores what this attempt changes, or null.</summary>
    public string? Prepare => Endpoint.Prepare is { } prepare ? Fill(prepare) : null;

    /// <summary>SQL that counts what this attempt has stored.</summary>
    public string Stored => Fill(Endpoint.Stored);

    public override string ToString() => $"{Endpoint.Method} {Path}{(Key is null ? "" : " with an Idempotency-Key")}";

    private string Fill(string text) => text.Replace("$id", _id, StringComparison.Ordinal);
}
