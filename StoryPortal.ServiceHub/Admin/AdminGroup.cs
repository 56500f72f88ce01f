using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/v1/admin</c>: what only an operator may do, whichever port it is asked on. Every action leaves an event.</summary>
internal static class AdminGroup
{
    public static void MapAdmin(this IEndpointRouteBuilder v1)
    {
        var admin = v1.MapGroup("/admin")
            .WithTags("Admin")
            .RequireAuthorization(AuthorizationPolicies.Admin)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .AddEndpointFilter<RouteGroupBuilder, AdminAudit>();

        admin.MapApiKeys();
        admin.MapCache();
        admin.MapJobs();
        admin.MapServiceOwners();
    }
}
