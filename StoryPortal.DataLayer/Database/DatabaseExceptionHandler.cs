using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// Responds to failures of the database as <see cref="SqlStates"/> says: an outage is 503 with Retry-After, a refused value 400, a conflict 409.
/// </summary>
internal sealed partial class DatabaseExceptionHandler(
    IProblemDetailsService problems, StoryDatabase database, ILogger<DatabaseExceptionHandler> logger) : IExceptionHandler
{
    private const string RetryAfterSeconds = "2";
    private const string RetryAfterShortSeconds = "1";

    private const string SendLess = "Send less at a time, or try again later.";
    private const string Unreachable = "The database cannot be reached. Try again: what carries an id of its own is never stored twice.";
    private const string Unconfirmed =
        "The database did not confirm the write in time: the write may have happened. "
        + "Send it again with the same id or the same Idempotency-Key, and it is done once.";
    private const string ReadOnly = "The database is read-only at present, and nothing was stored. Reads go on; try the write again.";
    private const string TooSlow = "The database took too long for this request. Ask for less at a time, or try again later.";
    private const string Ended = "The database ended the statement before its end, and nothing was stored. Try again.";

    public ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken) => exception switch
    {
        WriteQueueFullException full => RetryLaterAsync(context, RetryAfterShortSeconds, $"{full.Message} {SendLess}"),
        UnconfirmedWriteException => UnavailableAsync(context, RetryAfterSeconds, Unconfirmed, exception),
        PostgresException refused => HandleAsync(context, refused),

        // A time-out while the health check reaches Postgres: the read was too large, and Postgres is not away.
        TimeoutException or NpgsqlException { InnerException: TimeoutException } when database.IsReachable =>
            UnavailableAsync(context, RetryAfterSeconds, TooSlow, exception),

        // Everything else of Npgsql's is a connection that was lost, refused, or did not get free in time.
        NpgsqlException or TimeoutException => UnavailableAsync(context, RetryAfterSeconds, Unreachable, exception),
        _ => ValueTask.FromResult(false),
    };

    private ValueTask<bool> HandleAsync(HttpContext context, PostgresException exception)
    {
        switch (SqlStates.Get(exception.SqlState).Failure)
        {
            case DatabaseFailure.Outage:
                return UnavailableAsync(context, RetryAfterSeconds, Unreachable, exception);
            case DatabaseFailure.ReadOnly:
                return UnavailableAsync(context, RetryAfterSeconds, ReadOnly, exception);
            case DatabaseFailure.Retry:
                return UnavailableAsync(context, RetryAfterShortSeconds, Ended, exception);
            case DatabaseFailure.InvalidValue:
                LogRefused(exception.SqlState, exception); // validation let the value through
                return WriteAsync(context, StatusCodes.Status400BadRequest, "The request holds a value that cannot be stored.");
            case DatabaseFailure.Conflict:
                LogRefused(exception.SqlState, exception);
                return WriteAsync(context, StatusCodes.Status409Conflict, "The request contradicts what is stored.");
            default:
                return ValueTask.FromResult(false);
        }
    }

    private ValueTask<bool> UnavailableAsync(HttpContext context, string retryAfter, string detail, Exception exception)
    {
        LogUnavailable(detail, exception.Message);
        return RetryLaterAsync(context, retryAfter, detail);
    }

    private ValueTask<bool> RetryLaterAsync(HttpContext context, string retryAfter, string detail)
    {
        context.Response.Headers.RetryAfter = retryAfter;
        return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, detail);
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

    [LoggerMessage(1, LogLevel.Warning, "{Problem} ({Reason})")]
    private partial void LogUnavailable(string problem, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The database refused a value ({SqlState}) that validation let through")]
    private partial void LogRefused(string sqlState, Exception exception);
}
