using StoryPortal.DataLayer.ApiRequests;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.ApiRequests;

/// <summary><c>/v1/api-requests</c>, the request log; and <c>/internal/api-requests</c>, where the gateway writes it.</summary>
internal static class ApiRequestEndpoints
{
    private const string List = "api-requests";
    private const int MostRoutes = 1000;

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapApiRequests(this IEndpointRouteBuilder v1)
    {
        var requests = v1.MapGroup("/api-requests").WithTags("API requests").ProducesValidationProblem()
            .RequireAuthorization(AuthorizationPolicies.Operations);

        requests.MapGet("/", ListAsync)
            .WithName("ListApiRequests").WithSummary("List the requests that the gateway answered, newest first")
            .WithDescription("`from` is inclusive, `to` exclusive. The `Link` header leads to the next page.")
            .Produces<ApiRequest[]>();

        requests.MapGet("/stats", StatsAsync)
            .WithName("GetApiRequestStats").WithSummary("Count, error rate and latencies of each route, the busiest first")
            .WithDescription("Of the last 24 hours unless `from` and `to` say otherwise; at most 31 days. An error is an answer of 500 to 599.")
            .Produces<RouteStats[]>();
    }

    public static void MapApiRequestLog(this IEndpointRouteBuilder system) =>
        system.MapPost("/api-requests", LogAsync).WithBodyLimit(BodyLimits.Batch);

    private static async Task<IResult> ListAsync(
        HttpRequest request, ApiRequestStore store, PageWriter pages, CancellationToken cancellationToken,
        int? status_code = null, string? route = null, string? from = null, string? to = null, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        if (status_code is < 100 or > 599)
        {
            errors.Add("status_code", $"is {status_code}; 100 to 599 are taken.");
        }

        var filter = new ApiRequestFilter(
            status_code,
            errors.Optional("route", route, 200),
            QueryText.Time(from, "from", errors),
            QueryText.Time(to, "to", errors),
            Paging.TimeCursor(cursor, List, errors),
            size + 1);
        errors.ThrowIfAny();

        return await pages.PageAsync(request, store.ListAsync(filter, cancellationToken), size, Json.ApiRequest, logged => new TimeCursor(logged.Timestamp, logged.Id).ToText(List));
    }

    private static async Task<IResult> StatsAsync(
        ApiRequestStore store, TimeProvider time, CancellationToken cancellationToken, string? from = null, string? to = null)
    {
        var errors = new InputErrors();
        var window = StatsWindow.Read(from, to, time, errors);
        errors.ThrowIfAny();

        return new JsonAnswer<List<RouteStats>>(await store.StatsAsync(window.From, window.To, MostRoutes, cancellationToken), Json.ListRouteStats);
    }

    private static async Task<IResult> LogAsync(HttpRequest request, ApiRequestStore store, CancellationToken cancellationToken)
    {
        var requests = await BatchBody.ReadAsync(
            request, Json.ApiRequest, Json.ListApiRequest, (sent, errors) => sent.Validate(errors), cancellationToken);
        await store.InsertManyAsync(requests, cancellationToken);
        return TypedResults.NoContent();
    }
}
