using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Declares which writes are conditional, and which return a representation.</summary>
internal static class PreconditionExtensions
{
    /// <summary>
    /// An endpoint that evaluates <c>If-Match</c> and <c>If-None-Match</c> under a row lock, in the transaction of its write: no other write comes between.
    /// </summary>
    /// <param name="endpoint">A PUT, PATCH, DELETE or POST on one resource.</param>
    /// <param name="lockAsync">Reads the resource, or null, and locks its row until the end of the current transaction.</param>
    /// <param name="type">The JSON of the resource as a GET returns it.</param>
    public static RouteHandlerBuilder TakesPreconditions<T>(
        this RouteHandlerBuilder endpoint, Func<EndpointFilterInvocationContext, CancellationToken, Task<T?>> lockAsync, JsonTypeInfo<T> type) where T : class => endpoint
        .WithMetadata(new TakesPreconditions())
        .ProducesProblem(StatusCodes.Status412PreconditionFailed)
        .AddEndpointFilterFactory((factory, next) =>
        {
            var database = factory.ApplicationServices.GetRequiredService<StoryDatabase>();
            return call => Preconditions.From(call.HttpContext.Request) is { } preconditions
                ? WriteAsync(call, next, database, preconditions, async ct => await lockAsync(call, ct) is { } current ? CachedAnswer.TagOf(JsonBytes.Of(current, type)) : null)
                : next(call);
        });

    /// <summary>An endpoint whose successful response is the representation that a GET returns, byte for byte: the response carries its ETag.</summary>
    public static RouteHandlerBuilder ReturnsRepresentation(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new ReturnsRepresentation());

    private static async ValueTask<object?> WriteAsync(
        EndpointFilterInvocationContext call, EndpointFilterDelegate next, StoryDatabase database, Preconditions preconditions, Func<CancellationToken, Task<string?>> lockAsync)
    {
        var (request, cancellationToken) = (call.HttpContext.Request, call.HttpContext.RequestAborted);
        var creates = HttpMethods.IsPut(request.Method);

        // The body is read before the row is locked: a slow sender does not hold the lock.
        using RequestBody? body = creates || HttpMethods.IsPatch(request.Method) ? await RequestBody.BufferAsync(request, cancellationToken) : null;
        await using var transaction = await StoryTransaction.BeginAsync(database, cancellationToken);
        transaction.Enter();
        var entityTag = await lockAsync(cancellationToken);

        // A missing resource is 404 for every method but PUT, whatever the preconditions (RFC 9110 §13.2.1): the endpoint says so.
        if ((creates || entityTag is not null) && preconditions.Evaluate(entityTag) is { } failed)
        {
            return failed;
        }

        var result = await next(call);
        var status = result is JsonAnswer answer ? answer.Status : (result as IStatusCodeHttpResult)?.StatusCode;
        if (status is not (>= 200 and < 300))
        {
            return result;
        }

        if (entityTag is null != (status == StatusCodes.Status201Created))
        {
            return Preconditions.ConcurrentWrite(); // there was no row to lock, and it is rolled back
        }

        await transaction.CommitAsync(CancellationToken.None); // not cancelled with the request
        return result;
    }
}

/// <summary>Metadata of an endpoint that evaluates preconditions.</summary>
internal sealed class TakesPreconditions;

/// <summary>Metadata of an endpoint whose successful response is the representation of a resource.</summary>
internal sealed class ReturnsRepresentation;
