namespace StoryPortal.ServiceHub.Idempotency;

/// <summary>Declares which endpoints take an <c>Idempotency-Key</c>.</summary>
internal static class IdempotencyExtensions
{
    /// <summary>An endpoint that does a request once, however often it is sent under the same key. Its successes are JSON answers.</summary>
    public static RouteHandlerBuilder TakesIdempotencyKeys(this RouteHandlerBuilder endpoint) => endpoint
        .WithMetadata(new TakesIdempotencyKey())
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .AddEndpointFilterFactory((factory, next) =>
        {
            var filter = factory.ApplicationServices.GetRequiredService<IdempotencyFilter>();
            return context => filter.InvokeAsync(context, next);
        });
}

/// <summary>Metadata of an endpoint that takes an <c>Idempotency-Key</c>.</summary>
internal sealed class TakesIdempotencyKey;
