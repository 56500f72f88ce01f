namespace StoryPortal.ServiceDefaults.ApiRequests;

/// <summary>The header by which the hub tells the gateway which of its routes answered. It never leaves the system.</summary>
public static class RouteHeader
{
    /// <summary>Its name; its value is the route's template, such as <c>/v1/agents/{id}</c>.</summary>
    public const string Name = "X-Route";
}
