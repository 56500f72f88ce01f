using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Services;

/// <summary><c>/v1/services</c>.</summary>
internal static class ServiceEndpoints
{
    private const string List = "services";

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapServices(this IEndpointRouteBuilder v1)
    {
        var services = v1.MapGroup("/services").WithTags("Services").ProducesValidationProblem();

        services.MapGet("/", ListAsync)
            .WithName("ListServices").WithSummary("List services by name, with their instances")
            .Produces<Service[]>();

        services.MapGet("/{name}", GetAsync)
            .WithName("GetService").WithSummary("Read a service with its instances")
            .Produces<Service>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, ServiceStore store, CancellationToken cancellationToken,
        string? layer = null, string? tag = null, string? version = null, string? status = null, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        var filter = new ServiceFilter(
            errors.Optional("layer", layer, 100),
            errors.Optional("tag", tag, 100),
            errors.Optional("version", version, 100),
            QueryText.Member<ServiceStatus>(status, "status", errors),
            Paging.NameCursor(cursor, List, errors),
            size + 1);
        errors.ThrowIfAny();

        return Paging.Page(request, await store.ListAsync(filter, cancellationToken), size, Json.ListService, service => new NameCursor(service.Name).ToText(List));
    }

    private static async Task<IResult> GetAsync(string name, ServiceStore store, CancellationToken cancellationToken)
    {
        var errors = new InputErrors();
        errors.Required("name", name, 200);
        errors.ThrowIfAny();

        return await store.GetAsync(name, cancellationToken) is { } service
            ? new JsonAnswer<Service>(service, Json.Service)
            : TypedResults.Problem($"There is no service '{name}'.", statusCode: StatusCodes.Status404NotFound);
    }
}
