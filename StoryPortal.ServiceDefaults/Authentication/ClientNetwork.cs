using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The network of a caller, which shares in limits are counted by where there is no valid credential.</summary>
public static class ClientNetwork
{
    /// <summary>The network of a request's client.</summary>
    public static IPAddress Get(HttpContext context) => Get(context.Connection.RemoteIpAddress ?? IPAddress.None);

    /// <summary>An IPv4 address itself; of an IPv6 address the network of 64 bits, all of which one caller has.</summary>
    public static IPAddress Get(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
