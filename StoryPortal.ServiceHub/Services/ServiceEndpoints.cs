using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Services.Search;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.ServiceHub.Services;

/// <summary><c>/v1/services</c>.</summary>
internal static class ServiceEndpoints
{
    private const string List = ServiceStore.List;

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapServices(this IEndpointRouteBuilder v1)
    {
        var services = v1.MapGroup("/services").WithTags("Services").ProducesValidationProblem();

        services.MapGet("/", ListAsync)
            .WithName("ListServices").WithSummary("List services by name, with their instances")
            .Produces<Service[]>();

        var (store, cache) = (v1.ServiceProvider.GetRequiredService<ServiceStore>(), v1.ServiceProvider.GetRequiredService<StoryCache>());
        services.MapGet("/{name}", (string name, HttpContext context) => CachedRead.Async(
                context, cache, CacheKey.Service(Required(name)), (store, name),
                static async (read, ct) => Answer.Of(await read.store.GetAsync(read.name, ct), Json.Service), static read => NotFound(read.name)))
            .WithName("GetService").WithSummary("Read a service with its instances")
            .Produces<Service>().ProducesProblem(StatusCodes.Status404NotFound);

        services.MapWatch();
        services.MapSearch();
        services.MapInstances();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, ServiceStore store, StoryCache cache, PageWriter pages, CancellationToken cancellationToken,
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

        return new CachedJson(await cache.GetAsync(
            CacheKey.Services(request.QueryString.Value!),
            (store, pages, filter, address: PageAddress.Of(request), size),
            static async (read, ct) => await read.pages.WriteAsync(read.address, read.store.ListAsync(read.filter, ct), read.size, Json.Service, CursorOf),
            cancellationToken));
    }

    private static string Required(string name)
    {
        var errors = new InputErrors();
        errors.Required("name", name, 200);
        errors.ThrowIfAny();
        return name;
    }

    private static ProblemHttpResult NotFound(string name) => TypedResults.Problem($"There is no service '{name}'.", statusCode: StatusCodes.Status404NotFound);

    private static string CursorOf(Service service) => new NameCursor(service.Name).ToText(List);
}
