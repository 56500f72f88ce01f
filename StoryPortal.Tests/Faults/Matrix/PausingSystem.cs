using System.Globalization;
using System.Net;
using System.Text.Json;
using Npgsql;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>
/// A hub and a gateway whose statements time out after a second. Triggers of their database pause writes at a moment that the test chooses.
/// </summary>
/// <param name="servers">The system whose Postgres server holds the database.</param>
public sealed class PausingSystem(StoryPortalSystem servers) : IAsyncLifetime
{
    /// <summary>Before the statement stores a row.</summary>
    public const string BeforeTheRow = "before_the_row";

    /// <summary>After the rows, before the end of the statement.</summary>
    public const string AfterTheRows = "after_the_rows";

    /// <summary>At the commit, after the statement has returned its rows.</summary>
    public const string AtTheCommit = "at_the_commit";

    private const int AtOnce = 12;

    private static readonly string[] Tables =
    [
        "agents", "sessions", "events", "quality_scores", "model_configs", "service_instances", "service_owners", "api_keys",
        "maintenance_jobs", "performance_baselines", "load_tests", "api_requests", "idempotency_keys",
    ];

    private readonly ProductionSystem _system = new(servers, new Dictionary<string, string>
    {
        ["Database__QuickCommandTimeoutSeconds"] = "1",
        ["Database__CommandTimeoutSeconds"] = "1",
        ["Database__MaxPoolSize"] = "24",
    });

    private HttpClient _internal = null!;

    /// <summary>The moments in the order of a statement.</summary>
    public static IReadOnlyList<string> Moments { get; } = [BeforeTheRow, AfterTheRows, AtTheCommit];

    /// <summary>The gateway, as a caller with the admin key.</summary>
    internal HttpClient Gateway => _system.Gateway.Admin;

    /// <summary>The hub, as a caller without a key.</summary>
    internal HttpClient Hub => _system.Hub;

    internal OwnDatabase Database => _system.Database;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public Task DisposeAsync()
    {
        _internal?.Dispose();
        return _system.DisposeAsync();
    }

    private async Task StartAsync()
    {
        await _system.InitializeAsync();
        _internal = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{_system.Http2Port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        _internal.DefaultRequestHeaders.Add("X-Internal-Key", GatewayProcess.InternalKey);
        await Database.RunAsync($"""
            CREATE SCHEMA faults;
            CREATE TABLE faults.pauses (moment text PRIMARY KEY, seconds double precision NOT NULL, is_random boolean NOT NULL);
            CREATE FUNCTION faults.pause() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_sleep(CASE WHEN is_random THEN seconds * random() ELSE seconds END) FROM faults.pauses WHERE moment = TG_ARGV[0];
                RETURN coalesce(NEW, OLD);
            END
            $$;
            {string.Concat(Tables.Select(table => $"""
                CREATE TRIGGER {BeforeTheRow} BEFORE INSERT OR UPDATE OR DELETE ON mcp_documents.{table}
                    FOR EACH ROW EXECUTE FUNCTION faults.pause('{BeforeTheRow}');
                CREATE TRIGGER {AfterTheRows} AFTER INSERT OR UPDATE OR DELETE ON mcp_documents.{table}
                    FOR EACH STATEMENT EXECUTE FUNCTION faults.pause('{AfterTheRows}');
                CREATE CONSTRAINT TRIGGER {AtTheCommit} AFTER INSERT OR UPDATE OR DELETE ON mcp_documents.{table}
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION faults.pause('{AtTheCommit}');
                """))}
            """);
    }

    /// <summary>Stores what the attempts change.</summary>
    internal Task PrepareAsync(IEnumerable<WriteAttempt> attempts) =>
        Database.RunAsync(string.Join(";\n", attempts.Select(attempt => attempt.Prepare).OfType<string>()));

    /// <summary>Pauses every write at <paramref name="moment"/> from now on.</summary>
    internal Task PauseAsync(string moment, double seconds, bool isRandom = false) =>
        Database.RunAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO faults.pauses VALUES ('{moment}', {seconds}, {isRandom})"));

    /// <summary>Lets writes go on, and ends the sessions that still pause.</summary>
    internal Task ResumeAsync() => Database.RunAsync("""
        DELETE FROM faults.pauses;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'
        """);

    /// <summary>Sends every attempt, many at once.</summary>
    internal async Task<List<(WriteAttempt Attempt, WriteOutcome Outcome)>> SendAsync(IEnumerable<WriteAttempt> attempts)
    {
        var outcomes = new List<(WriteAttempt Attempt, WriteOutcome Outcome)>();
        var turns = attempts.GroupBy(attempt => attempt.Key is null ? attempt.Endpoint.Turn : attempt.Key);
        await Parallel.ForEachAsync(turns, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (turn, _) =>
        {
            foreach (var attempt in turn)
            {
                var outcome = await SendAsync(attempt);
                lock (outcomes)
                {
                    outcomes.Add((attempt, outcome));
                }
            }
        });
        return outcomes;
    }

    /// <summary>Sends one attempt.</summary>
    internal async Task<WriteOutcome> SendAsync(WriteAttempt attempt)
    {
        var client = attempt.Path.StartsWith("/internal", StringComparison.Ordinal) ? _internal : Gateway;
        using var request = new HttpRequestMessage(new HttpMethod(attempt.Endpoint.Method), new Uri(attempt.Path, UriKind.Relative))
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        request.Content = attempt.Body is { } body ? Answers.Json(body) : null;
        if (attempt.Key is { } key)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (attempt.Path != "/v1/batch" || !response.IsSuccessStatusCode)
        {
            return new WriteOutcome((int)response.StatusCode, response.Headers.RetryAfter is not null, text);
        }

        var only = JsonElement.Parse(text).GetProperty("results")[0];
        var headers = only.GetProperty("headers").EnumerateObject();
        var hasRetryAfter = headers.Any(header => header.Name.Equals("Retry-After", StringComparison.OrdinalIgnoreCase));
        return new WriteOutcome(only.GetProperty("status").GetInt32(), hasRetryAfter, only.GetProperty("body").GetRawText());
    }

    /// <summary>How many rows an attempt has stored or changed.</summary>
    internal async Task<int> StoredAsync(WriteAttempt attempt) =>
        int.Parse((await Database.TextsAsync(attempt.Stored)).Single(), CultureInfo.InvariantCulture);

    /// <summary>The attempts that were acknowledged and are not stored, or are stored twice.</summary>
    internal async Task<List<string>> FindingsAsync(IEnumerable<(WriteAttempt Attempt, WriteOutcome Outcome)> outcomes)
    {
        var findings = new List<string>();
        foreach (var (attempt, outcome) in outcomes)
        {
            var stored = await StoredAsync(attempt);
            if (stored > 1 || (stored == 0 && outcome.IsSuccess))
            {
                findings.Add($"{attempt}: {outcome.Status}, stored {stored} times");
            }
        }

        return findings;
    }

    /// <summary>Makes new sessions of the database read-only, or writable again, and ends the sessions of before if that is asked for.</summary>
    internal async Task SetReadOnlyAsync(bool isReadOnly, bool endSessions)
    {
        var name = new NpgsqlConnectionStringBuilder(Database.Direct.String).Database;
        var setting = isReadOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only";
        await using var alter = servers.Database.CreateCommand($"ALTER DATABASE {name} {setting}");
        await alter.ExecuteNonQueryAsync();
        if (endSessions)
        {
            var sessions = $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'";
            await using var end = servers.Database.CreateCommand(sessions);
            await end.ExecuteNonQueryAsync();
        }

        Database.Source.Clear();
    }
}

/// <summary>The response to an attempt.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="HasRetryAfter">Whether the response has the header Retry-After.</param>
/// <param name="Body">The body.</param>
internal sealed record WriteOutcome(int Status, bool HasRetryAfter, string Body)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}
