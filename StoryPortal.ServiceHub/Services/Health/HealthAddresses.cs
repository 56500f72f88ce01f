using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Services.Health;

/// <summary>
/// Which addresses a hub asks on behalf of whoever registers a service: never those that belong to no host of the outside, nor those where clouds
/// hand out the credentials of a machine.
/// </summary>
internal sealed class HealthAddresses(IOptions<HealthPollOptions> options, IHostEnvironment environment)
{
    private static readonly IPNetwork[] Never =
    [
        IPNetwork.Parse("0.0.0.0/8"), // unspecified: this host
        IPNetwork.Parse("169.254.0.0/16"), // link-local, and metadata of most clouds
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, broadcast
        IPNetwork.Parse("100.100.100.200/32"), // metadata
        IPNetwork.Parse("168.63.129.16/32"), // metadata
        IPNetwork.Parse("192.0.0.192/32"), // metadata
        IPNetwork.Parse("::/128"),
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("ff00::/8"),
        IPNetwork.Parse("fd00:ec2::254/128"), // metadata
        IPNetwork.Parse("fd20:ce::254/128"), // metadata
        IPNetwork.Parse("64:ff9b:1::/48"), // NAT64 of a site (RFC 8215): the site alone knows where in the address the one of IPv4 is
        IPNetwork.Parse("2001::/23"), // Teredo, ORCHID, benchmarks: no host of the outside
        IPNetwork.Parse("5f00::/16"), // segment identifiers (RFC 9602)
    ];

    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("fec0::/10"),
    ];

    // Of IPv6, where the last four bytes of an address are one of IPv4: what counts is where it leads.
    private static readonly IPNetwork[] Translated =
        [IPNetwork.Parse("64:ff9b::/96"), IPNetwork.Parse("::ffff:0:0:0/96"), IPNetwork.Parse("::/96")];

    // The second half of an ISATAP address (RFC 5214) begins so, in any network; an address of IPv4 follows.
    private static readonly uint[] IsatapPrefixes = [0x00005efe, 0x02005efe];

    // The same two bytes further on: 6to4.
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    private readonly bool _takesPrivate = options.Value.PrivateAddresses ?? environment.IsDevelopment();

    /// <summary>Why an address is not asked, or null.</summary>
    public string? Refusal(IPAddress address)
    {
        if (Contains(Never, address))
        {
            return $"{address} is an address that is never asked: link-local, multicast, unspecified, or one where a cloud hands out credentials.";
        }

        // An address in a private network may lead to one that is never asked.
        if (Inner(address) is { } inner && Refusal(inner) is { } reason)
        {
            return reason;
        }

        return Contains(Private, address) && !_takesPrivate
            ? $"{address} is a private address, and those are not asked here (HealthPolls:PrivateAddresses)."
            : null;
    }

    /// <summary>Notes a health URL whose host is an address that is not asked. What a name leads to is looked at with each poll.</summary>
    public void Check(InputErrors errors, string? healthUrl)
    {
        if (Uri.TryCreate(healthUrl, UriKind.Absolute, out var url)
            && url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
            && IPAddress.TryParse(url.IdnHost, out var address)
            && Refusal(address) is { } reason)
        {
            errors.Add("health_url", reason);
        }
    }

    private static bool Contains(IPNetwork[] networks, IPAddress address) => networks.Any(network => network.Contains(address));

    private static IPAddress? Inner(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IPv6Loopback.Equals(address))
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        if (SixToFour.Contains(address))
        {
            return new IPAddress(bytes.AsSpan(2, 4));
        }

        return Contains(Translated, address) || IsatapPrefixes.Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8, 4)))
            ? new IPAddress(bytes.AsSpan(12, 4))
            : null;
    }
}
