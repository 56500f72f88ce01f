using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Schema;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Schema;

/// <summary>The schema, built in a database of its own on the system's server.</summary>
[Collection(SharedSystem.Name)]
public sealed class SchemaTests(StoryPortalSystem system) : IAsyncLifetime
{
    private static readonly string[] Tables =
    [
        "agents", "api_keys", "api_requests", "events", "idempotency_keys", "model_configs", "performance_baselines", "quality_scores",
        "schema_versions", "service_instances", "services", "sessions",
    ];

    private static readonly string[] NamedIndexes =
    [
        "idx_agents_created_at", "idx_agents_status", "idx_api_requests_status_code", "idx_api_requests_timestamp", "idx_events_agent_id",
        "idx_events_type_timestamp", "idx_quality_scores_component", "idx_sessions_active",
    ];

    private readonly string _name = $"schema_{Guid.NewGuid():N}";
    private NpgsqlDataSource _source = null!;
    private SchemaConnection _connection = null!;

    public async Task InitializeAsync()
    {
        await RunAsync(system.Database, $"CREATE DATABASE {_name}");
        _connection = new SchemaConnection(new NpgsqlConnectionStringBuilder(system.ConnectionString) { Database = _name }.ConnectionString);
        _source = NpgsqlDataSource.Create(_connection.String);
    }

    public async Task DisposeAsync()
    {
        await _source.DisposeAsync();
        NpgsqlConnection.ClearAllPools(); // the migration tool's own connections
        await RunAsync(system.Database, $"DROP DATABASE {_name} WITH (FORCE)");
    }

    [Fact]
    public async Task Several_workers_at_once_make_every_table_and_every_index_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => MigrateAsync()));

        Assert.Equal(Tables, await NamesAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'mcp_documents' ORDER BY 1"));
        var indexes = await ValidIndexesAsync();
        Assert.Superset(NamedIndexes.ToHashSet(), indexes.ToHashSet());
        Assert.Equal(["2"], await NamesAsync("SELECT count(*)::text FROM mcp_documents.schema_versions"));
    }

    [Fact]
    public async Task Applying_it_again_changes_nothing()
    {
        await MigrateAsync();
        var before = await NamesAsync("SELECT oid::text FROM pg_class WHERE relnamespace = 'mcp_documents'::regnamespace ORDER BY 1");
        await MigrateAsync();
        Assert.Equal(before, await NamesAsync("SELECT oid::text FROM pg_class WHERE relnamespace = 'mcp_documents'::regnamespace ORDER BY 1"));
    }

    [Fact]
    public async Task An_index_that_a_crash_left_invalid_is_built_again()
    {
        await MigrateAsync();
        await RunAsync(_source, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mcp_documents.idx_agents_status'::regclass");
        Assert.DoesNotContain("idx_agents_status", await ValidIndexesAsync());

        await MigrateAsync();
        Assert.Contains("idx_agents_status", await ValidIndexesAsync());
    }

    [Fact]
    public async Task A_database_that_goes_away_before_the_scripts_run_is_told_as_such_so_that_the_worker_tries_again()
    {
        var away = new SchemaConnection(new NpgsqlConnectionStringBuilder(_connection.String) { Port = 1 }.ConnectionString);
        var migration = new SchemaMigration(_source, away, TimeProvider.System, NullLogger<SchemaMigration>.Instance);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => migration.ApplyAsync(CancellationToken.None));
        await MigrateAsync();
        Assert.Equal(Tables, await NamesAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'mcp_documents' ORDER BY 1"));
    }

    private async Task MigrateAsync()
    {
        await new SchemaMigration(_source, _connection, TimeProvider.System, NullLogger<SchemaMigration>.Instance).ApplyAsync(CancellationToken.None);
        await new IndexBuilder(_source, TimeProvider.System, NullLogger<IndexBuilder>.Instance).BuildAsync(CancellationToken.None);
    }

    private Task<List<string>> ValidIndexesAsync() => NamesAsync("""
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'mcp_documents'::regnamespace AND i.indisvalid ORDER BY 1
        """);

    private async Task<List<string>> NamesAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
