using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The authorization policies by name, for <c>RequireAuthorization</c> and for the <c>AuthorizationPolicy</c> of a YARP route.</summary>
public static class AuthorizationPolicies
{
    /// <summary>The scope read, whatever the method.</summary>
    public const string Read = "read";

    /// <summary>The scope write, whatever the method.</summary>
    public const string Write = "write";

    /// <summary>The scope admin, whatever the method.</summary>
    public const string Admin = "admin";

    /// <summary>The scope operations, whatever the method.</summary>
    public const string Operations = "operations";

    /// <summary>The scope of the request's method. It holds for endpoints without a policy of their own, so that none is open by oversight.</summary>
    public const string Method = "method";

    /// <summary>The scope that a method needs: read for GET, HEAD and OPTIONS, write for all others.</summary>
    public static Scope ScopeOfMethod(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) ? Scope.Read : Scope.Write;

    /// <summary>The scopes that an endpoint needs; none when everybody may call it.</summary>
    /// <param name="metadata">The endpoint's metadata.</param>
    /// <param name="method">The request's method.</param>
    public static IReadOnlyList<Scope> ScopesOf(IEnumerable<object> metadata, string method)
    {
        var scopes = new List<Scope>();
        foreach (var item in metadata)
        {
            switch (item)
            {
                case IAllowAnonymous:
                    return [];
                case IAuthorizeData { Policy: null or Method }:
                    scopes.Add(ScopeOfMethod(method));
                    break;
                case IAuthorizeData { Policy: { } name } when ScopeNamed(name) is { } scope:
                    scopes.Add(scope);
                    break;
            }
        }

        return scopes.Count > 0 ? scopes : [ScopeOfMethod(method)];
    }

    internal static Scope? ScopeNamed(string name) => name switch
    {
        Read => Scope.Read,
        Write => Scope.Write,
        Admin => Scope.Admin,
        Operations => Scope.Operations,
        _ => null,
    };

    internal static string NameOf(Scope scope) => scope switch
    {
        Scope.Read => Read,
        Scope.Write => Write,
        Scope.Operations => Operations,
        _ => Admin,
    };

    internal static void AddTo(AuthorizationBuilder authorization)
    {
        var method = new AuthorizationPolicyBuilder().AddRequirements(new ScopeRequirement(null)).Build();
        authorization
            .AddPolicy(Read, policy => policy.AddRequirements(new ScopeRequirement(Scope.Read)))
            .AddPolicy(Write, policy => policy.AddRequirements(new ScopeRequirement(Scope.Write)))
            .AddPolicy(Admin, policy => policy.AddRequirements(new ScopeRequirement(Scope.Admin)))
            .AddPolicy(Operations, policy => policy.AddRequirements(new ScopeRequirement(Scope.Operations)))
            .AddPolicy(Method, method)
            .SetDefaultPolicy(method)
            .SetFallbackPolicy(method);
    }
}
