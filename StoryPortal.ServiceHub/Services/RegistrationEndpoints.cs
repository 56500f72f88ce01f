using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Services;

/// <summary>
/// <c>/internal/services</c>: where processes without a database register themselves. Served on the HTTP/2 port alone, which the gateway never
/// routes to from outside, and only with the internal key.
/// </summary>
internal static class RegistrationEndpoints
{
    public static void MapRegistration(this IEndpointRouteBuilder endpoints)
    {
        var key = new SecretKey(endpoints.ServiceProvider.GetRequiredService<IOptions<AuthenticationOptions>>().Value.InternalKey);
        var port = endpoints.ServiceProvider.GetRequiredService<ListenOptions>().Http2;

        var instances = endpoints.MapGroup("/internal/services/{name}/instances/{id}").ExcludeFromDescription();
        instances.AddEndpointFilter(async (context, next) =>
            context.HttpContext.Connection.LocalPort == port && key.Matches(context.HttpContext.Request.Headers[KeyHeaders.Internal])
                ? await next(context)
                : TypedResults.Problem(statusCode: StatusCodes.Status404NotFound));
        instances.MapPut("/", RegisterAsync).WithBodyLimit(BodyLimits.Document);
        instances.MapDelete("/", DeregisterAsync);
    }

    private static async Task<IResult> RegisterAsync(string name, string id, HttpRequest request, ServiceStore store, CancellationToken cancellationToken)
    {
        var registration = await JsonBody.ReadAsync(request, StoryJson.Contracts.InstanceRegistration, cancellationToken);
        await store.RegisterAsync(name, id, registration, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> DeregisterAsync(string name, string id, ServiceStore store, CancellationToken cancellationToken)
    {
        await store.DeregisterAsync(name, id, cancellationToken);
        return TypedResults.NoContent();
    }
}
