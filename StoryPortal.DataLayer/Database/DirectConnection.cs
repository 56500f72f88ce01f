using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// Sessions outside the pool. What a session holds (an advisory lock, a build that runs for hours) ends with it; a pooled one would go on
/// holding it, unseen, after a command whose answer was lost.
/// </summary>
internal sealed class DirectConnection
{
    // Firewalls between services and managed databases forget silent connections after some minutes.
    private const int KeepAliveSeconds = 30;

    // The server learns within a minute that a machine is gone, not after the two hours that are usual, and frees what its sessions held.
    private const string NoticeLostClients = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";

    public DirectConnection(string connectionString) =>
        String = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = KeepAliveSeconds }.ConnectionString;

    /// <summary>The connection string with its password, for the migration tool, which opens its own connection.</summary>
    public string String { get; }

    /// <summary>Opens a session, which ends when it is disposed.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(String);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var notice = new NpgsqlCommand(NoticeLostClients, connection);
            await notice.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
