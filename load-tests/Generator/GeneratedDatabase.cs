using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Schema;

namespace StoryPortal.Generator;

/// <summary>A database of its own on a server that runs already, with the schema, its indexes and a dataset; gone when it is disposed of.</summary>
public sealed class GeneratedDatabase : IAsyncDisposable
{
    private readonly string _server;

    private GeneratedDatabase(string server, string connectionString, Dataset dataset) =>
        (_server, ConnectionString, Dataset, Source) = (server, connectionString, dataset, NpgsqlDataSource.Create(connectionString));

    /// <summary>How to reach it.</summary>
    public string ConnectionString { get; }

    /// <summary>What is in it.</summary>
    public Dataset Dataset { get; }

    /// <summary>Connections to it.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Makes and fills a database beside the one that <paramref name="server"/> names.</summary>
    public static async Task<GeneratedDatabase> CreateAsync(string server, Dataset dataset, Action<string> progress, CancellationToken cancellationToken)
    {
        var name = $"generated_{Guid.NewGuid():N}";
        await RunAsync(server, $"CREATE DATABASE {name}", cancellationToken);
        var connectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        var database = new GeneratedDatabase(server, connectionString, dataset);
        try
        {
            var direct = new DirectConnection(connectionString);
            await new SchemaMigration(direct, TimeProvider.System, NullLogger<SchemaMigration>.Instance).ApplyAsync(cancellationToken);
            await new IndexBuilder(direct, TimeProvider.System, NullLogger<IndexBuilder>.Instance).BuildAsync(cancellationToken);
            await dataset.FillAsync(database.Source, progress, cancellationToken);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await RunAsync(_server, $"DROP DATABASE {new NpgsqlConnectionStringBuilder(ConnectionString).Database} WITH (FORCE)", CancellationToken.None);
    }

    private static async Task RunAsync(string server, string sql, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(server);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
