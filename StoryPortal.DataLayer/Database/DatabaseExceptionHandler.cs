using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.DataLayer.Database;

/// <summary>Answers for a database that is away with 503 and when to come again; for a value that it refused with 400.</summary>
internal sealed partial class DatabaseExceptionHandler(IProblemDetailsService problems, ILogger<DatabaseExceptionHandler> logger) : IExceptionHandler
{
    private const string RetryAfterSeconds = "2";
    private const string RetryAfterQueueSeconds = "1";

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is WriteQueueFullException full)
        {
            context.Response.Headers.RetryAfter = RetryAfterQueueSeconds;
            return await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"{full.Message} Send less at a time, or try again later.");
        }

        if (exception is PostgresException { IsTransient: false } refused)
        {
            // Class 22: a value that Postgres cannot take; 54000: one beyond its limits. Validation should have said so: the log tells where it did not.
            if (refused.SqlState.StartsWith("22", StringComparison.Ordinal) || refused.SqlState == PostgresErrorCodes.ProgramLimitExceeded)
            {
                LogRefused(refused.SqlState, refused);
                return await WriteAsync(context, StatusCodes.Status400BadRequest, "The request holds a value that cannot be stored.");
            }

            // 57P: shutting down or starting; 42P01: the worker has not made the tables yet.
            if (!refused.SqlState.StartsWith("57P", StringComparison.Ordinal) && refused.SqlState != PostgresErrorCodes.UndefinedTable)
            {
                return false;
            }
        }

        // Everything else of Npgsql's is a connection that was lost, refused, or did not get free in time.
        else if (exception is not (NpgsqlException or TimeoutException))
        {
            return false;
        }

        LogUnavailable(exception.Message);
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The database cannot be reached. Try again: what carries an id of its own is never stored twice.");
    }

    private ValueTask<bool> WriteAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        return problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = new ProblemDetails { Status = status, Detail = detail },
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "The database cannot be reached: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(2, LogLevel.Warning, "The database refused a value ({SqlState}) that validation let through")]
    private partial void LogRefused(string sqlState, Exception exception);
}
