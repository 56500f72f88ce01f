namespace StoryPortal.Tests.Running;

/// <summary>Ports for what Aspire starts without a proxy: several AppHosts that start at once would take the same ones.</summary>
internal static class PortRange
{
    private const int First = 10_000; // up to the ports of outgoing connections
    private const int Size = 200;
    private const int Count = 110;

    private static int s_next = Random.Shared.Next(Count);

    /// <summary>Arguments for an AppHost, with a range of its own.</summary>
    public static string[] Next()
    {
        var first = First + (Interlocked.Increment(ref s_next) % Count * Size);
        return [$"--DcpPublisher:ProxylessEndpointPortRangeStart={first}", $"--DcpPublisher:ProxylessEndpointPortRangeEnd={first + Size - 1}"];
    }
}
