using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Tags of <c>http.server.request.duration</c>.</summary>
public static class RequestTags
{
    /// <summary>Our tag: the HTTP method.</summary>
    public const string Method = "method";

    /// <summary>Our tag: the route template of the API, also at the gateway; <see cref="Unmatched"/> without one.</summary>
    public const string Endpoint = "endpoint";

    /// <summary>ASP.NET Core's tag: the status of the response.</summary>
    public const string Status = "http.response.status_code";

    /// <summary>ASP.NET Core's tag: the version of HTTP.</summary>
    public const string Protocol = "network.protocol.version";

    /// <summary>The endpoint of a request that no route matched.</summary>
    public const string Unmatched = "unmatched";

    /// <summary>Adds our tags to the measurement of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="template">The template of its route, such as <c>/v1/agents/{id}</c>; null when no route matched.</param>
    public static void SetRequestTags(this HttpContext context, string? template)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } feature)
        {
            feature.Tags.Add(new(Method, GetMethod(context.Request.Method)));
            feature.Tags.Add(new(Endpoint, template ?? Unmatched));
        }
    }

    /// <summary>The method as a tag: methods that a caller makes up are one value.</summary>
    public static string GetMethod(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "_OTHER",
    };
}
