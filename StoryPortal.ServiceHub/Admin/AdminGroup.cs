using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/v1/admin</c>: what only an operator may do, whichever port it is asked on.</summary>
internal static class AdminGroup
{
    public static RouteGroupBuilder MapAdminGroup(this IEndpointRouteBuilder v1)
    {
        var key = new SecretKey(v1.ServiceProvider.GetRequiredService<IOptions<AuthenticationOptions>>().Value.AdminKey);

        var admin = v1.MapGroup("/admin").WithTags("Admin").ProducesProblem(StatusCodes.Status401Unauthorized);
        admin.AddEndpointFilter(async (context, next) =>
        {
            if (key.Matches(KeyHeaders.Presented(context.HttpContext.Request)))
            {
                return await next(context);
            }

            context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
            return TypedResults.Problem($"This call needs an admin key: send it as {KeyHeaders.Api}.", statusCode: StatusCodes.Status401Unauthorized);
        });
        return admin;
    }
}
