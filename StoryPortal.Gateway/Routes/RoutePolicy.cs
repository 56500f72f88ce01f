using StoryPortal.Gateway.Caching;
using Yarp.ReverseProxy.Configuration;

namespace StoryPortal.Gateway.Routes;

/// <summary>
/// How the gateway treats the requests of a route: metadata of its endpoint, read once from the route's <c>Metadata</c> in the configuration.
/// </summary>
/// <param name="IsStream">The answer stays open for as long as the caller listens: <c>Stream</c> = <c>true</c>.</param>
/// <param name="IsPage">The answer is a page for people, and not data: <c>Page</c> = <c>true</c>.</param>
/// <param name="HasInline">The page has scripts and styles in itself, not only in files beside it: <c>Inline</c> = <c>true</c>.</param>
/// <param name="InvalidatesTag">The tag whose cached responses a write evicts, or null: the name of an output cache policy, <c>InvalidatesTag</c>.</param>
internal sealed record RoutePolicy(bool IsStream, bool IsPage, bool HasInline, string? InvalidatesTag)
{
    /// <summary>What holds where nothing else is said.</summary>
    public static RoutePolicy Default { get; } = new(false, false, false, null);

    /// <summary>A page for people.</summary>
    public static RoutePolicy Page { get; } = Default with { IsPage = true };

    /// <summary>The policy of the endpoint that routing has chosen for a request.</summary>
    public static RoutePolicy Get(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RoutePolicy>() ?? Default;

    public static RoutePolicy From(RouteConfig route) => route.Metadata is null ? Default : new(
        IsTrue(route, "Stream"),
        IsTrue(route, "Page"),
        IsTrue(route, "Inline"),
        Tag(route, "InvalidatesTag"));

    internal static string? Text(RouteConfig route, string name) => route.Metadata?.GetValueOrDefault(name);

    private static bool IsTrue(RouteConfig route, string name) => Text(route, name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw Refused(route, name, other, "true or false"),
    };

    private static string? Tag(RouteConfig route, string name) => Text(route, name) switch
    {
        null => null,
        var text when OutputCacheTag.Find(text) is { } tag => tag.Name,
        var text => throw Refused(route, name, text, string.Join(" or ", OutputCacheTag.All.Select(tag => tag.Name))),
    };

    private static InvalidOperationException Refused(RouteConfig route, string name, string value, string expected) =>
        new($"ReverseProxy:Routes:{route.RouteId}:Metadata:{name} is '{value}': it can be {expected}.");
}
