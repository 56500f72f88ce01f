using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Metadata of an endpoint: the scope that it takes. An endpoint without it takes the scope of the request's method, so that none is open by oversight.</summary>
/// <param name="Scope">The scope, or null for an endpoint that is open to everybody.</param>
public sealed record RequiredScope(Scope? Scope)
{
    /// <summary>Open to everybody.</summary>
    public static RequiredScope None { get; } = new((Scope?)null);

    private static readonly RequiredScope Read = new(Authentication.Scope.Read);
    private static readonly RequiredScope Write = new(Authentication.Scope.Write);

    /// <summary>What a request takes: what its endpoint says, else the scope of its method.</summary>
    public static RequiredScope Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() ?? OfMethod(context.Request.Method);

    /// <summary>What a request takes whose endpoint says nothing.</summary>
    public static RequiredScope OfMethod(string method) => Reads(method) ? Read : Write;

    private static bool Reads(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}

/// <summary>Declares what endpoints take.</summary>
public static class RequiredScopeExtensions
{
    /// <summary>Only callers with <paramref name="scope"/>, whatever the method.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoints, Scope scope) where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new RequiredScope(scope));

    /// <summary>Everybody, with or without a key.</summary>
    public static TBuilder OpenToEverybody<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(RequiredScope.None);
}
