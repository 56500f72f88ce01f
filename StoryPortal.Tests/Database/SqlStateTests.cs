using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.Tests.Database;

/// <summary>What an error of Postgres means for the caller.</summary>
public sealed class SqlStateTests
{
    [Fact]
    public void The_table_lists_the_class_of_every_error_that_postgres_has()
    {
        var fields = typeof(PostgresErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static);
        var codes = fields.Select(field => (string)field.GetRawConstantValue()!).ToList();
        Assert.True(codes.Count > 200);
        Assert.All(codes, code => Assert.True(SqlStates.IsListed(code), code));
    }

    [Theory]
    [InlineData("08006", 503)]
    [InlineData("08P01", 503)]
    [InlineData("22P02", 400)]
    [InlineData("23502", 400)]
    [InlineData("23505", 409)]
    [InlineData("23514", 400)]
    [InlineData("25006", 503)]
    [InlineData("25P02", null)]
    [InlineData("25P03", 503)]
    [InlineData("26000", 503)]
    [InlineData("28P01", 503)]
    [InlineData("3D000", 503)]
    [InlineData("40001", 503)]
    [InlineData("40P01", 503)]
    [InlineData("42601", null)]
    [InlineData("42P01", 503)]
    [InlineData("53100", 503)]
    [InlineData("53300", 503)]
    [InlineData("54000", 400)]
    [InlineData("55006", 503)]
    [InlineData("55P03", 503)]
    [InlineData("57014", 503)]
    [InlineData("57P01", 503)]
    [InlineData("57P02", 503)]
    [InlineData("57P03", 503)]
    [InlineData("57P04", 503)]
    [InlineData("57P05", 503)]
    [InlineData("58030", 503)]
    [InlineData("P0001", null)]
    [InlineData("XX000", null)]
    [InlineData("ZZ999", null)]
    public async Task An_error_gets_its_status_and_503_says_when_to_come_again(string sqlState, int? status)
    {
        var context = new DefaultHttpContext();
        await using var source = NpgsqlDataSource.Create("Host=localhost");
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var database = new StoryDatabase(source, new DatabaseOptions(), services.GetRequiredService<IMeterFactory>());
        var handler = new DatabaseExceptionHandler(new Problems(), database, NullLogger<DatabaseExceptionHandler>.Instance);
        var error = new PostgresException("it failed", "ERROR", "ERROR", sqlState);
        var handled = await handler.TryHandleAsync(context, error, CancellationToken.None);
        Assert.Equal(status is not null, handled);
        Assert.Equal(status ?? 200, context.Response.StatusCode);
        Assert.Equal(status == 503, context.Response.Headers.RetryAfter.Count == 1);
    }

    [Theory]
    [InlineData("57P01", true)]
    [InlineData("08006", true)]
    [InlineData("40003", true)]
    [InlineData("40001", false)]
    [InlineData("57014", false)]
    [InlineData("25006", false)]
    public void A_session_that_ends_leaves_its_write_unconfirmed_and_a_refusal_does_not(string sqlState, bool isUnconfirmed) =>
        Assert.Equal(isUnconfirmed, SqlStates.Get(sqlState).IsUnconfirmed);

    private sealed class Problems : IProblemDetailsService
    {
        public ValueTask WriteAsync(ProblemDetailsContext context) => ValueTask.CompletedTask;

        public ValueTask<bool> TryWriteAsync(ProblemDetailsContext context) => ValueTask.FromResult(true);
    }
}
