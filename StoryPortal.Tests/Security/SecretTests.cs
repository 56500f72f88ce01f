using System.Globalization;
using System.Net;
using System.Text;
using Npgsql;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;
using StoryPortal.Tests.Telemetry;

namespace StoryPortal.Tests.Security;

/// <summary>Keys and passwords are in nothing that the product writes, sends or stores, and nobody else's words begin a line of its logs.</summary>
[Collection(SharedSystem.Name)]
public sealed class SecretTests(StoryPortalSystem servers) : IAsyncLifetime
{
    private const string Forged = "FORGED";

    private readonly string _reader = ApiKeyFormat.Create();
    private Collector _collector = null!;
    private TcpProxy _wayToPostgres = null!;
    private ProductionSystem _system = null!;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public async Task DisposeAsync()
    {
        if (_system is not null)
        {
            await _system.DisposeAsync();
        }

        await Fixtures.DisposeAllAsync(_wayToPostgres, _collector);
    }

    private async Task StartAsync()
    {
        _collector = await Collector.StartAsync();
        _wayToPostgres = new TcpProxy(() => new NpgsqlConnectionStringBuilder(servers.ConnectionString).Port);
        _system = new ProductionSystem(servers, new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["Telemetry__SampleRatio"] = "1",
        })
        { DatabaseAddress = _wayToPostgres.Address };
        await _system.InitializeAsync();
        await _system.Database.RunAsync(
            $"INSERT INTO mcp_documents.api_keys (id, name, key_hash, scopes) VALUES ('{Guid.NewGuid()}', 'reader', '\\x{KeyHash.Of(_reader)}', '{{read}}')");
    }

    [Fact]
    public async Task Secrets_are_where_they_belong_and_nowhere_else()
    {
        var answers = new StringBuilder();
        string made;
        await AskAsync(answers, HttpMethod.Get, "/v1/agents", _reader);
        await AskAsync(answers, HttpMethod.Post, "/v1/agents", _reader);
        await AskAsync(answers, HttpMethod.Get, "/v1/admin/api-keys", GatewayProcess.AdminKey);
        await AskAsync(answers, HttpMethod.Get, "/v1/agents", _reader + "x");
        await AskAsync(answers, HttpMethod.Post, "/v1/events", GatewayProcess.AdminKey, """{"type": 5}""");
        await AskAsync(answers, HttpMethod.Post, "/v1/batch", GatewayProcess.AdminKey, """[{"path": "/v1/agents"}, {"path": "/v1/nothing"}]""");
        await AskAsync(answers, HttpMethod.Get, "/v1/performance/checklist", GatewayProcess.AdminKey);
        await AskAsync(answers, HttpMethod.Get, "/v1/performance/slow-queries", GatewayProcess.AdminKey);
        await AskAsync(answers, HttpMethod.Post, "/v1/admin/cache/warm", GatewayProcess.AdminKey);
        await AskAsync(answers, HttpMethod.Get, "/health", GatewayProcess.AdminKey);
        using (var created = await _system.Gateway.Admin.PostAsync(new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json("""{"name": "one", "scopes": ["read"]}""")))
        {
            made = (await created.JsonAsync(HttpStatusCode.Created)).GetProperty("key").GetString()!; // the only place
        }

        await AskAsync(answers, HttpMethod.Get, "/v1/models", made);
        var stored = string.Join('\n', await StoredAsync());

        // Whatever goes wrong is said in many words.
        await _wayToPostgres.DisposeAsync();
        _system.Redis.Stop();
        await AskAsync(answers, HttpMethod.Get, "/v1/sessions", GatewayProcess.AdminKey);
        await AskAsync(answers, HttpMethod.Post, "/v1/events", GatewayProcess.AdminKey, """{"type": "lost"}""");
        await AskAsync(answers, HttpMethod.Get, "/v1/agents", ApiKeyFormat.Create());
        await Eventually.TrueAsync(() => Task.FromResult(_system.HubProcess.Output.Contains("cannot be reached", StringComparison.Ordinal) && _system.HubProcess.Output.Contains("Redis does not answer", StringComparison.Ordinal)));
        await Eventually.TrueAsync(() => Task.FromResult(_collector.Logs.Any(log => log.Text.Contains("Redis does not answer", StringComparison.Ordinal))));
        Assert.NotEmpty(_collector.Spans);

        var places = new Dictionary<string, string>
        {
            ["answers"] = answers.ToString(),
            ["tables and Redis"] = stored,
            ["log of the hub"] = _system.HubProcess.Output,
            ["log of the gateway"] = _system.Gateway.Output,
            ["metrics of the hub"] = await _system.Hub.GetStringAsync(new Uri("/metrics", UriKind.Relative)),
            ["metrics of the gateway"] = await _system.Gateway.Internal.GetStringAsync(new Uri("/metrics", UriKind.Relative)),
            ["telemetry"] = string.Join('\n', _collector.Received.Select(Encoding.UTF8.GetString)),
        };
        var secrets = new Dictionary<string, string>
        {
            ["admin key"] = GatewayProcess.AdminKey,
            ["internal key"] = GatewayProcess.InternalKey,
            ["reader's key"] = _reader,
            ["key that was made"] = made,
            ["password of Redis"] = ProductionSystem.RedisPassword,
            ["password of Postgres"] = new NpgsqlConnectionStringBuilder(servers.ConnectionString).Password!,
        };
        var found = from place in places from secret in secrets where place.Value.Contains(secret.Value, StringComparison.Ordinal) select $"the {secret.Key} is in the {place.Key}";
        Assert.Empty(found);
        Assert.All(places, place => Assert.NotEmpty(place.Value));
    }

    [Fact]
    public async Task What_a_caller_sends_is_no_line_and_no_control_character_of_a_log()
    {
        string[] odd = [$"a\r\nwarn: {Forged}", $"a\n{Forged}", $"a\r{Forged}", $"\u001b[2J\u001b[31m{Forged}"];
        await _wayToPostgres.DisposeAsync(); // so that more is logged than usual
        foreach (var text in odd)
        {
            var encoded = Uri.EscapeDataString(text);
            foreach (var path in (string[])[$"/v1/agents/{encoded}", $"/v1/models/{encoded}", $"/v1/services/{encoded}", $"/v1/admin/jobs/{encoded}", $"/v1/agents?type={encoded}&cursor={encoded}", $"/{encoded}"])
            {
                using var read = await _system.Gateway.GetAsync(path, GatewayProcess.AdminKey, ("User-Agent", encoded), ("traceparent", encoded), ("X-Request-Id", encoded));
            }

            using var written = await _system.Gateway.Admin.PostAsync(
                new Uri("/v1/events", UriKind.Relative), Answers.Json($$"""{"type": {{System.Text.Json.JsonSerializer.Serialize(text)}} }"""));
            await RawRequests.SendAsync(_system.Gateway.Port, $"GET /{text.Replace(' ', '+')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        }

        await Eventually.TrueAsync(() => Task.FromResult(_system.HubProcess.Output.Contains("cannot be reached", StringComparison.Ordinal)));
        foreach (var line in $"{_system.HubProcess.Output}\n{_system.Gateway.Output}".Split('\n'))
        {
            Assert.False(line.StartsWith(Forged, StringComparison.Ordinal) || line.StartsWith("warn: " + Forged, StringComparison.Ordinal), line);
            Assert.False(line.Contains('\u001b', StringComparison.Ordinal) || line.TrimEnd('\r').Contains('\r', StringComparison.Ordinal), line);
        }
    }

    // Gateway, and the hub itself at its own port.
    private async Task AskAsync(StringBuilder answers, HttpMethod method, string path, string key, string? body = null)
    {
        foreach (var client in (HttpClient[])[_system.Gateway.Anonymous, _system.Hub])
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : Answers.Json(body) };
            request.Headers.Add("X-API-Key", key);
            request.Headers.Add("X-Internal-Key", GatewayProcess.InternalKey);
            using var response = await client.SendAsync(request);
            answers.Append(CultureInfo.InvariantCulture, $"{response}\n{await response.Content.ReadAsStringAsync()}\n");
        }
    }

    private async Task<List<string>> StoredAsync()
    {
        // The gateway's log of requests is a moment behind.
        await Eventually.TrueAsync(async () => (await _system.Database.TextsAsync("SELECT count(*) FROM mcp_documents.api_requests"))[0] != "0");
        var stored = new List<string>();
        foreach (var table in await _system.Database.TextsAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'mcp_documents'"))
        {
            stored.AddRange(await _system.Database.TextsAsync($"SELECT t::text FROM mcp_documents.{table} t"));
        }

        await using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync($"{_system.RedisConnection},allowAdmin=true");
        foreach (var key in redis.GetServers()[0].Keys())
        {
            stored.Add($"{key} {(await redis.GetDatabase().KeyTypeAsync(key) == StackExchange.Redis.RedisType.String ? await redis.GetDatabase().StringGetAsync(key) : "")}");
        }

        return stored;
    }
}
