using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>What a request is to its caller: each class has a latency target of its own.</summary>
public enum RequestClass
{
    /// <summary>A health check.</summary>
    Health,

    /// <summary>A list, or figures over many things.</summary>
    List,

    /// <summary>One thing.</summary>
    Detail,

    /// <summary>Whatever changes something, and batches.</summary>
    Write,

    /// <summary>Open for as long as the caller wants: no target.</summary>
    Stream,

    /// <summary>Pages, documents and what processes ask each other: no target.</summary>
    Other,
}

/// <summary>The class of every route.</summary>
public static class RequestClasses
{
    // Answers of one document whose address names no thing.
    private static readonly string[] Documents =
        ["/v1/performance", "/v1/performance/checklist", "/v1/performance/report"];

    private static readonly string[] Streams = ["/v1/events/stream", "/v1/services/watch"];

    private static readonly string[] Others = ["/", "/page", "/metrics", "/docs", "/openapi", "/internal", "/scalar"];

    /// <summary>The class of a route; null for one that nobody has thought of.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="template">The route's template, such as <c>/v1/agents/{id}</c>.</param>
    public static RequestClass? Of(string method, string template) => template switch
    {
        "/alive" => RequestClass.Health,
        _ when IsBelow(template, "/health") => RequestClass.Health,
        _ when Array.IndexOf(Streams, template) >= 0 => RequestClass.Stream,
        _ when Array.Exists(Others, other => IsBelow(template, other)) => RequestClass.Other,
        _ when !template.StartsWith("/v1/", StringComparison.Ordinal) || template.Contains("{**", StringComparison.Ordinal) => null,
        _ when !IsRead(method) => RequestClass.Write,
        _ when template.Contains('{') || Array.IndexOf(Documents, template) >= 0 => RequestClass.Detail,
        _ => RequestClass.List,
    };

    internal static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static bool IsBelow(string template, string root) =>
        template == root || (root.Length > 1 && template.StartsWith(root, StringComparison.Ordinal) && template[root.Length] is '/');
}
