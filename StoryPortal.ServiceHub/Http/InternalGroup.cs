using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceHub.Admin;
using StoryPortal.ServiceHub.ApiRequests;
using StoryPortal.ServiceHub.Services;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// <c>/internal</c>: what the processes of one system ask each other. Served on the HTTP/2 port alone, which the gateway never routes to from
/// outside, and only with the internal key; for anybody else there is nothing.
/// </summary>
internal static class InternalGroup
{
    public static void MapInternal(this IEndpointRouteBuilder endpoints)
    {
        var key = new HashedSecret(endpoints.ServiceProvider.GetRequiredService<IOptions<SystemKeyOptions>>().Value.InternalKey);
        var port = endpoints.ServiceProvider.GetRequiredService<ListenOptions>().Http2;

        var group = endpoints.MapGroup("/internal").AllowAnonymous().ExcludeFromDescription(); // it has a guard of its own
        group.AddEndpointFilter(async (context, next) =>
            context.HttpContext.Connection.LocalPort == port && key.Matches(context.HttpContext.Request.Headers[KeyHeaders.Internal])
                ? await next(context)
                : TypedResults.Problem(statusCode: StatusCodes.Status404NotFound));

        group.MapRegistration();
        group.MapKeyLookup();
        group.MapApiRequestLog();
    }
}
