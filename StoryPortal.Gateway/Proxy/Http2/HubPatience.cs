namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>How long a hub is waited for.</summary>
/// <param name="Connect">Until it has accepted a connection.</param>
/// <param name="Silence">After as much of it, while requests are open, it is asked whether it is there.</param>
/// <param name="Answer">Until it has answered that; then its connection is given up.</param>
internal sealed record HubPatience(TimeSpan Connect, TimeSpan Silence, TimeSpan Answer);
