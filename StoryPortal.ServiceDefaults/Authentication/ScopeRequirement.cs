using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Requires a scope.</summary>
/// <param name="Scope">The scope; null: the scope of the request's method.</param>
internal sealed record ScopeRequirement(Scope? Scope) : IAuthorizationRequirement;

/// <summary>Succeeds for callers with the scope and, in Development, for reads without a credential under a loopback host name.</summary>
internal sealed class ScopeRequirementHandler(IHostEnvironment environment, ListenOptions listen)
    : AuthorizationHandler<ScopeRequirement, HttpContext>
{
    private readonly bool _allowsAnonymousReads = environment.IsDevelopment();

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement, HttpContext resource)
    {
        var scope = requirement.Scope ?? AuthorizationPolicies.ScopeOfMethod(resource.Request.Method);
        if (context.User.Caller is { } caller)
        {
            if (caller.HasScope(scope))
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }

        return _allowsAnonymousReads && (scope is Scope.Read or Scope.Operations) && IsLocal(resource)
            ? SucceedWithoutCredentialAsync(context, requirement, resource)
            : Task.CompletedTask;
    }

    // The page of a site whose name resolves to 127.0.0.1 (DNS rebinding) reaches a loopback port, but sends that name. A gateway has
    // checked it.
    private bool IsLocal(HttpContext resource) => LoopbackHost.Is(resource.Request.Host) || listen.IsFromGateway(resource);

    // A credential that is not valid is rejected in Development as well: a caller that sends one does not ask for an anonymous read.
    private static async Task SucceedWithoutCredentialAsync(AuthorizationHandlerContext context, ScopeRequirement requirement, HttpContext resource)
    {
        if ((await resource.AuthenticateAsync()).None) // the scheme has authenticated this request before and returns the same result
        {
            context.Succeed(requirement);
        }
    }
}
