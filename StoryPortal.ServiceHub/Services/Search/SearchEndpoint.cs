using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.ServiceHub.Services.Search;

/// <summary><c>/v1/services/search</c>.</summary>
internal static class SearchEndpoint
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapSearch(this IEndpointRouteBuilder services) => services.MapGet("/search", SearchAsync)
        .WithName("SearchServices").WithSummary("Find services by name, tags, keywords and description")
        .WithDescription("Words may be cut off or misspelt. The best come first; `score` is above 0 and up to 1, which is the name itself.")
        .Produces<Service[]>();

    private static async Task<IResult> SearchAsync(RegistryView view, CancellationToken cancellationToken, string? q = null, int? limit = null)
    {
        var errors = new InputErrors();
        var text = errors.Required("q", q, SearchText.MaxQueryLength);
        var most = Paging.Limit(limit, errors, byDefault: DefaultLimit, highest: MaxLimit);
        if (!errors.Any && !SearchText.Words(text).Any())
        {
            errors.Add("q", "holds no letter and no digit: there is nothing to look for.");
        }

        errors.ThrowIfAny();
        var snapshot = await view.NowAsync(cancellationToken);
        return new JsonAnswer<List<Service>>(snapshot.Search.Find(text, most), Json.ListService);
    }
}
