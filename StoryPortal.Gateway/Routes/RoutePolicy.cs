using System.Globalization;
using Yarp.ReverseProxy.Configuration;

namespace StoryPortal.Gateway.Routes;

/// <summary>
/// How the gateway treats the requests of a route: metadata of its endpoint, read once from the route's <c>Metadata</c> in the configuration.
/// </summary>
/// <param name="IsStream">The answer stays open for as long as the caller listens: <c>Stream</c> = <c>true</c>.</param>
/// <param name="IsPage">The answer is a page for people, and not data: <c>Page</c> = <c>true</c>.</param>
/// <param name="HasInline">The page has scripts and styles in itself, not only in files beside it: <c>Inline</c> = <c>true</c>.</param>
/// <param name="Cache">How answers are kept, or null: <c>CacheFor</c>, <c>CacheQuery</c> and <c>CacheGroup</c>.</param>
/// <param name="Evicts">Whose kept answers a write ends, or null: the name of a group, <c>Evicts</c>.</param>
internal sealed record RoutePolicy(bool IsStream, bool IsPage, bool HasInline, CachePolicy? Cache, string? Evicts)
{
    /// <summary>What holds where nothing else is said.</summary>
    public static RoutePolicy Default { get; } = new(false, false, false, null, null);

    /// <summary>A page for people.</summary>
    public static RoutePolicy Page { get; } = Default with { IsPage = true };

    /// <summary>The policy of the endpoint that routing has chosen for a request.</summary>
    public static RoutePolicy Get(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RoutePolicy>() ?? Default;

    public static RoutePolicy From(RouteConfig route) => route.Metadata is null ? Default : new(
        IsTrue(route, "Stream"),
        IsTrue(route, "Page"),
        IsTrue(route, "Inline"),
        CachePolicy.From(route),
        Text(route, "Evicts"));

    internal static string? Text(RouteConfig route, string name) => route.Metadata?.GetValueOrDefault(name);

    private static bool IsTrue(RouteConfig route, string name) => Text(route, name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw Refused(route, name, other, "true or false"),
    };

    internal static TimeSpan? Time(RouteConfig route, string name) => Text(route, name) switch
    {
        null => null,
        var text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero => time,
        var text => throw Refused(route, name, text, "a time such as 00:01:00"),
    };

    internal static InvalidOperationException Refused(RouteConfig route, string name, string value, string expected) =>
        new($"ReverseProxy:Routes:{route.RouteId}:Metadata:{name} is '{value}': it can be {expected}.");
}

/// <summary>How the answers of a route are kept.</summary>
/// <param name="For">For how long.</param>
/// <param name="Query">The query parameters on which the answer depends; any other is not looked at.</param>
/// <param name="Group">Which answers end together.</param>
internal sealed record CachePolicy(TimeSpan For, string[] Query, string Group)
{
    public static CachePolicy? From(RouteConfig route) => RoutePolicy.Time(route, "CacheFor") is not { } time ? null : new(
        time,
        RoutePolicy.Text(route, "CacheQuery")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        RoutePolicy.Text(route, "CacheGroup") ?? route.RouteId);
}
