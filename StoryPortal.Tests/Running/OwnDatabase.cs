using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Schema;

namespace StoryPortal.Tests.Running;

/// <summary>A database of its own on the system's server, for tests that change the schema or need to be alone with their rows.</summary>
internal sealed class OwnDatabase : IAsyncDisposable
{
    // One of each system, with every table: to copy it costs a fraction of what the scripts cost.
    private static readonly ConditionalWeakTable<StoryPortalSystem, Task<string>> Templates = [];

    private readonly StoryPortalSystem _system;
    private readonly string _name;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private OwnDatabase(StoryPortalSystem system, string name)
    {
        (_system, _name) = (system, name);
        Direct = new DirectConnection(new NpgsqlConnectionStringBuilder(system.ConnectionString) { Database = name }.ConnectionString);
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Direct.String) { Pooling = true, MaxAutoPrepare = 64, NoResetOnClose = true });
        Queries = new StoryDatabase(Source, new DatabaseOptions(), Meters);
    }

    public DirectConnection Direct { get; }

    public NpgsqlDataSource Source { get; }

    public StoryDatabase Queries { get; }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>An empty database.</summary>
    public static Task<OwnDatabase> CreateAsync(StoryPortalSystem system) => CreateAsync(system, "template1");

    /// <summary>A database with every table, and no index.</summary>
    public static async Task<OwnDatabase> WithTablesAsync(StoryPortalSystem system) =>
        await CreateAsync(system, await Templates.GetValue(system, CreateTemplateAsync));

    public Task MigrateAsync() =>
        new SchemaMigration(Direct, TimeProvider.System, NullLogger<SchemaMigration>.Instance).ApplyAsync(CancellationToken.None);

    public async Task RunAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of every row, as text.</summary>
    public async Task<List<string>> TextsAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
        {
            texts.Add(Convert.ToString(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture)!);
        }

        return texts;
    }

    private static async Task<OwnDatabase> CreateAsync(StoryPortalSystem system, string template)
    {
        var name = $"own_{Guid.NewGuid():N}";
        await using var create = system.Database.CreateCommand($"CREATE DATABASE {name} TEMPLATE {template}");
        await create.ExecuteNonQueryAsync();
        return new OwnDatabase(system, name);
    }

    // It goes with the system; nobody may be connected to it while it is copied.
    private static async Task<string> CreateTemplateAsync(StoryPortalSystem system)
    {
        var template = await CreateAsync(system);
        await template.MigrateAsync();
        return template._name;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _services.DisposeAsync();
        await using var drop = _system.Database.CreateCommand($"DROP DATABASE {_name} WITH (FORCE)");
        await drop.ExecuteNonQueryAsync();
    }
}
