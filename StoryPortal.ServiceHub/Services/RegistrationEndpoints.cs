using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Services;

/// <summary><c>/internal/services</c>: where processes without a database register themselves.</summary>
internal static class RegistrationEndpoints
{
    public static void MapRegistration(this IEndpointRouteBuilder system)
    {
        var instances = system.MapGroup("/services/{name}/instances/{id}");
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
