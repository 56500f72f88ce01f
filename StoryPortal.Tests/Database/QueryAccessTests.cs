using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Database;

/// <summary>What statements say of themselves, and how sessions of the pool end.</summary>
[Collection(SharedSystem.Name)]
public sealed class QueryAccessTests(StoryPortalSystem system)
{
    // A read-only transaction lets them take their lock, which is held against others all the same.
    private static readonly string[] AdvisoryLocks = ["idempotency.lock"];

    private static readonly CancellationToken Never = CancellationToken.None;

    private static readonly Query Add = new("test.add", QueryClass.Simple, QueryAccess.Write, "INSERT INTO kept VALUES ($1) RETURNING id");
    private static readonly Query Turn = new("test.turn", QueryClass.Simple, QueryAccess.Read, "SELECT 1");
    private static readonly Query AddQuietly = new("test.add_quietly", QueryClass.Simple, QueryAccess.Write, "INSERT INTO kept VALUES ($1)");
    private static readonly Query AddByFunction = new("test.add_by_function", QueryClass.Simple, QueryAccess.Write, "SELECT add_kept($1)");

    [Fact]
    public async Task A_statement_says_that_it_writes_where_a_read_only_transaction_refuses_it_and_only_there()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        await using var connection = await database.Direct.OpenAsync(Never);
        foreach (var table in ProductQueries.StagingTables)
        {
            await RunAsync(table, connection);
        }

        await RunAsync("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", connection);
        var wrong = new List<string>();
        foreach (var query in ProductQueries.Texts)
        {
            if ((await IsRefusedAsync(query, connection) || AdvisoryLocks.Contains(query.Name)) == query.IsRead)
            {
                wrong.Add($"{query.Name} says {query.Access}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task A_row_of_a_statement_whose_commit_does_not_end_does_not_count()
    {
        await using var database = await OwnDatabase.CreateAsync(system);
        var queries = new StoryDatabase(database.Source, new DatabaseOptions { QuickCommandTimeoutSeconds = 1 }, database.Meters);
        await database.RunAsync("""
            CREATE TABLE kept (id int);
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold();
            CREATE FUNCTION add_kept(id int) RETURNS int LANGUAGE sql AS 'INSERT INTO kept VALUES (id) RETURNING id';
            """);
        Task[] writes =
        [
            queries.FirstAsync(Add, [Sql.Int(1)], row => $"{row.GetInt32(0)}", Never),
            queries.FirstAsync(Turn, Add, [Sql.Int(1)], row => "", Never),
            queries.ListAsync(Add, [Sql.Int(1)], row => row.GetInt32(0), Never),
            queries.NumberAsync(Add, [Sql.Int(1)], Never),
            queries.NumberAsync(AddByFunction, [Sql.Int(1)], Never),
            queries.ExecuteAsync(AddQuietly, [Sql.Int(1)], Never),
        ];

        foreach (var write in writes)
        {
            await Assert.ThrowsAsync<UnconfirmedWriteException>(() => write);
        }

        Assert.Equal(["0"], await database.TextsAsync("SELECT count(*) FROM kept"));
    }

    [Fact]
    public async Task A_transaction_in_which_a_statement_failed_is_never_reported_as_committed()
    {
        await using var database = await OwnDatabase.CreateAsync(system);
        await database.RunAsync("CREATE TABLE kept (id int PRIMARY KEY)");
        await using (var transaction = await StoryTransaction.BeginAsync(database.Queries, Never))
        {
            transaction.Enter();
            await database.Queries.ExecuteAsync(AddQuietly, [Sql.Int(1)], Never);
            await Assert.ThrowsAsync<PostgresException>(() => database.Queries.ExecuteAsync(AddQuietly, [Sql.Int(1)], Never));
            await Assert.ThrowsAsync<PostgresException>(() => transaction.CommitAsync(Never));
        }

        Assert.Equal(["0"], await database.TextsAsync("SELECT count(*) FROM kept"));
    }

    [Fact]
    public async Task A_write_whose_session_is_ended_is_unconfirmed_and_a_read_is_not()
    {
        await using var database = await OwnDatabase.CreateAsync(system);
        await database.RunAsync("""
            CREATE TABLE kept (id int);
            CREATE FUNCTION add_kept(id int) RETURNS int LANGUAGE sql AS
                'INSERT INTO kept VALUES (id); SELECT pg_terminate_backend(pg_backend_pid())::int';
            """);
        var read = AddByFunction with { Access = QueryAccess.Read };

        await Assert.ThrowsAsync<UnconfirmedWriteException>(() => database.Queries.NumberAsync(AddByFunction, [Sql.Int(1)], Never));
        await Assert.ThrowsAsync<PostgresException>(() => database.Queries.NumberAsync(read, [Sql.Int(1)], Never));
    }

    [Fact]
    public async Task After_a_write_met_a_read_only_session_no_session_of_the_pool_is_used_again()
    {
        await using var database = await OwnDatabase.CreateAsync(system);
        await database.RunAsync("CREATE TABLE kept (id int)");
        var name = new NpgsqlConnectionStringBuilder(database.Direct.String).Database;
        await AlterAsync("SET default_transaction_read_only = on");
        database.Source.Clear();
        await using (var other = await database.Source.OpenConnectionAsync()) // two sessions, both read-only for as long as they live
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => database.Queries.ExecuteAsync(AddQuietly, [Sql.Int(1)], Never));
            Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, refused.SqlState);
            await AlterAsync("RESET default_transaction_read_only");
        }

        Assert.Equal(1, await database.Queries.ExecuteAsync(AddQuietly, [Sql.Int(1)], Never));

        async Task AlterAsync(string setting)
        {
            await using var command = system.Database.CreateCommand($"ALTER DATABASE {name} {setting}");
            await command.ExecuteNonQueryAsync();
        }
    }

    private static async Task<bool> IsRefusedAsync(Query query, NpgsqlConnection connection)
    {
        try
        {
            await RunAsync($"PREPARE asked AS {query.Sql}", connection);
            const string Count = "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'asked'";
            await using var count = new NpgsqlCommand(Count, connection);
            var parameters = string.Join(", ", Enumerable.Repeat("NULL", (int)(await count.ExecuteScalarAsync())!));
            await RunAsync($"EXECUTE asked{(parameters.Length == 0 ? "" : $"({parameters})")}", connection);
            return false;
        }
        catch (PostgresException exception)
        {
            return exception.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction;
        }
        finally
        {
            await RunAsync("DEALLOCATE ALL", connection);
        }
    }

    private static async Task RunAsync(string sql, NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
