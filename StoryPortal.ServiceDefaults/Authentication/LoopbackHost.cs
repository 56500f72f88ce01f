using System.Net;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Host names that mean this machine whatever DNS says: loopback addresses, <c>localhost</c> and names below it (RFC 6761).
/// </summary>
internal static class LoopbackHost
{
    private const string Name = "localhost";

    /// <summary>Whether a request names this machine as its host.</summary>
    public static bool Is(HostString host)
    {
        var name = host.Host;
        return name.Equals(Name, StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("." + Name, StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
    }
}
