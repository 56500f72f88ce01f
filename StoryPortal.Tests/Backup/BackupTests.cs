using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;
using StoryPortal.Tests.Events;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Backup;

/// <summary>What <c>eng/backup.sh</c> saves is what it restores, and the product goes on from there.</summary>
[Collection(SharedSystem.Name)]
public sealed class BackupTests(StoryPortalSystem servers) : IAsyncLifetime
{
    // Of each table: its name, how many rows, and a checksum of all that is in them.
    private const string Contents = """
        SELECT string_agg(line, E'\n' ORDER BY line) FROM (
            SELECT t.tablename || ' ' || (xpath('/row/text/text()', query_to_xml(format(
                'SELECT count(*) || '' '' || coalesce(md5(string_agg(md5(r::text), '''' ORDER BY md5(r::text))), ''-'') AS text FROM mcp_documents.%I r', t.tablename), false, true, '')))[1]::text AS line
            FROM pg_tables t WHERE t.schemaname = 'mcp_documents') lines
        """;

    private const string Definitions = """
        SELECT string_agg(line, E'\n' ORDER BY line) FROM (
            SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '-') || ' ' || is_identity || ' ' || is_generated AS line
            FROM information_schema.columns WHERE table_schema = 'mcp_documents'
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'mcp_documents'
            UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'mcp_documents'::regnamespace
            UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'mcp_documents'::regnamespace
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT sequencename || ' ' || coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'mcp_documents') lines
        """;

    private readonly TemporaryFolder _folder = new();
    private OwnDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await OwnDatabase.WithTablesAsync(servers);
        Directory.CreateDirectory(_folder.FullPath);
    }

    public async Task DisposeAsync()
    {
        var name = new NpgsqlConnectionStringBuilder(_database.Direct.String).Database;
        var replaced = new List<string>();
        await using (var list = servers.Database.CreateCommand("SELECT datname FROM pg_database WHERE datname LIKE $1 || '\\_%'"))
        {
            list.Parameters.AddWithValue(name!);
            await using var reader = await list.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                replaced.Add(reader.GetString(0));
            }
        }

        foreach (var database in replaced)
        {
            await using var drop = servers.Database.CreateCommand($"DROP DATABASE {database} WITH (FORCE)");
            await drop.ExecuteNonQueryAsync();
        }

        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_saved_is_there_again_and_the_product_goes_on_from_it()
    {
        string next, last;
        await using (var hub = await HubAsync())
        {
            using var client = ClientOf(hub);
            await WriteAsync(client);
            using var page = await client.GetAsync(new Uri("/v1/events?limit=10", UriKind.Relative));
            last = (await page.JsonAsync())[0].Id().ToString();
            next = page.Headers.GetValues("Link").Single().Split('<')[1].Split('>')[0];
            await hub.Process.TerminateAsync();
            await hub.Process.WaitForExitAsync(CancellationToken.None);
        }

        var (contents, definitions) = (await OneAsync(Contents), await OneAsync(Definitions));
        Assert.All(contents.Split('\n').Where(table => Written.Any(name => table.StartsWith(name + " ", StringComparison.Ordinal))), table => Assert.DoesNotContain(" 0 -", table, StringComparison.Ordinal));
        var file = Path.Combine(_folder.FullPath, "story-portal.dump");
        await RunAsync("save", file);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite)); // it holds what the database does

        await _database.RunAsync("DELETE FROM mcp_documents.events; UPDATE mcp_documents.agents SET name = 'other'; DROP TABLE mcp_documents.load_tests; DROP FUNCTION mcp_documents.json_merge_patch");
        await RunAsync("restore", file);
        _database.Source.Clear();
        Assert.Equal(contents, await OneAsync(Contents));
        Assert.Equal(definitions, await OneAsync(Definitions));

        await using var again = await HubAsync();
        using var restored = ClientOf(again);
        var highest = await OneAsync("SELECT max(seq) FROM mcp_documents.events");
        var pages = await restored.PagesAsync(next); // a cursor from before
        Assert.Equal(EventCount - 10, pages.Sum(page => page.GetArrayLength()));
        Assert.DoesNotContain(last, pages.SelectMany(page => page.EnumerateArray()).Select(e => e.Id().ToString()));

        // A reader who resumes where it was, and a write that comes after everything that was there.
        using var stream = await EventStreamReader.OpenAsync(restored, "", (await OneAsync("SELECT id FROM mcp_documents.events ORDER BY seq DESC LIMIT 1")));
        using var written = await restored.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "afterwards"}"""));
        var id = (await written.JsonAsync(HttpStatusCode.Created)).Id();
        Assert.Equal([id], await stream.IdsAsync(1));
        Assert.True(long.Parse(await OneAsync($"SELECT seq FROM mcp_documents.events WHERE id = '{id}'"), CultureInfo.InvariantCulture) > long.Parse(highest, CultureInfo.InvariantCulture));
        using var patched = await restored.PatchAsync(new Uri($"/v1/agents/{Agent}", UriKind.Relative), Answers.Json("""{"metadata": {"restored": true} }"""));
        Assert.True((await patched.JsonAsync()).GetProperty("metadata").GetProperty("restored").GetBoolean());
    }

    [Fact]
    public async Task A_file_that_is_none_leaves_the_database_as_it_was()
    {
        var contents = await OneAsync(Contents);
        var file = Path.Combine(_folder.FullPath, "none.dump");
        await File.WriteAllTextAsync(file, "PGDMP and then nothing");

        var message = await RunAsync("restore", file, succeeds: false);

        Assert.Contains("the database is as it was", message, StringComparison.Ordinal);
        _database.Source.Clear();
        Assert.Equal(contents, await OneAsync(Contents));
    }

    [Fact]
    public async Task A_copy_that_cannot_take_its_place_leaves_the_database_as_it_was()
    {
        var contents = await OneAsync(Contents);
        var file = Path.Combine(_folder.FullPath, "story-portal.dump");
        await RunAsync("save", file);

        // The name that the database would get is taken.
        const string now = "20260102030405";
        await using (var taken = servers.Database.CreateCommand($"CREATE DATABASE {new NpgsqlConnectionStringBuilder(_database.Direct.String).Database}_before_{now}"))
        {
            await taken.ExecuteNonQueryAsync();
        }

        var message = await RunAsync("restore", file, succeeds: false, now);

        Assert.Contains("the database is as it was", message, StringComparison.Ordinal);
        _database.Source.Clear();
        Assert.Equal(contents, await OneAsync(Contents));
        await RunAsync("restore", file);
    }

    private const int EventCount = 2002; // and among them one of a registration, one of a key
    private const string Agent = "0189aaaa-0000-7000-8000-0000000000b1";

    private static readonly string[] Written =
        ["agents", "sessions", "events", "quality_scores", "services", "service_instances", "model_configs", "api_keys", "performance_baselines", "load_tests", "idempotency_keys"];

    private static async Task WriteAsync(HttpClient client)
    {
        (string Method, string Path, string Body)[] writes =
        [
            ("PUT", $"/v1/agents/{Agent}", """{"name": "Ada ü \ud83d\ude00", "type": "writer", "configuration": {"a": [1.5, null, "x"]} }"""),
            ("POST", "/v1/sessions", $$"""{"type": "chapter", "agent_id": "{{Agent}}"}"""),
            ("POST", "/v1/events/batch", $"[{string.Join(',', Enumerable.Range(0, EventCount - 2).Select(i => $$"""{"type": "counted", "payload": {"i": {{i}} } }"""))}]"),
            ("POST", "/v1/quality-scores", """{"component_type": "chapter", "component_id": "1", "overall_score": 86.5}"""),
            ("PUT", "/v1/services/shop/instances/1", """{"url": "http://127.0.0.1:1", "lease_seconds": 86400, "tags": ["a", "b"]}"""),
            ("POST", "/v1/admin/api-keys", """{"name": "reader", "scopes": ["read"]}"""),
            ("PUT", "/v1/models/writer", """{"provider": "a", "model": "b", "parameters": {"t": 0.1} }"""),
            ("POST", "/v1/performance/baselines", """{"label": "before"}"""),
            ("POST", "/v1/performance/load-tests", """{"name": "mixed", "tool": "k6", "duration_seconds": 1, "requests": 1, "failed_requests": 0, "requests_per_second": 1, "p95_ms": 1, "p99_ms": 1}"""),
        ];
        foreach (var (method, path, body) in writes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(path, UriKind.Relative)) { Content = Answers.Json(body) };
            using var response = await client.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        }

        using var once = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/agents", UriKind.Relative)) { Content = Answers.Json("""{"name": "Bo", "type": "editor"}""") };
        once.Headers.Add("Idempotency-Key", "backup");
        using var done = await client.SendAsync(once);
        Assert.Equal(HttpStatusCode.Created, done.StatusCode);
    }

    private async Task<Hub> HubAsync()
    {
        var port = ReservedPorts.Take(1)[0];
        return new Hub(port, await ProductProcess.StartAsync("StoryPortal.ServiceHub", port, new Dictionary<string, string>
        {
            ["Authentication__AdminKey"] = GatewayProcess.AdminKey,
            ["ConnectionStrings__storyportal"] = _database.Direct.String,
            ["ConnectionStrings__redis"] = "127.0.0.1:1", // a cache has nothing to do with it
            ["Database__MaxPoolSize"] = "4",
        }));
    }

    private static HttpClient ClientOf(Hub hub)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{hub.Port}") };
        client.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
        return client;
    }

    private async Task<string> OneAsync(string sql) => (await _database.TextsAsync(sql))[0];

    private async Task<string> RunAsync(string command, string file, bool succeeds = true, string? now = null)
    {
        var to = new NpgsqlConnectionStringBuilder(_database.Direct.String);
        var start = new ProcessStartInfo("bash", [Repository.PathOf("eng", "backup.sh"), command, file]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DATABASE_URL"] = $"postgresql://{to.Username}:{to.Password}@{to.Host}:{to.Port}/{to.Database}";
        if (now is not null)
        {
            start.Environment["BASH_FUNC_date%%"] = $"() {{ echo {now}; }}"; // bash takes functions from its environment
        }

        using var script = Process.Start(start)!;
        var output = script.StandardOutput.ReadToEndAsync();
        var said = await script.StandardError.ReadToEndAsync() + await output;
        await script.WaitForExitAsync();
        Assert.True(succeeds == (script.ExitCode == 0), said);
        return said;
    }

    private sealed record Hub(int Port, ProductProcess Process) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
