using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>In Development too: the servers ask for their passwords, nothing listens for other machines, and no command line tells a secret.</summary>
[Collection(SharedSystem.Name)]
public sealed class ServerAccessTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("")]
    [InlineData("postgres")]
    public async Task Postgres_asks_for_its_password(string password)
    {
        var connection = new NpgsqlConnectionStringBuilder(system.ConnectionString) { Password = password, Pooling = false };
        await using var source = NpgsqlDataSource.Create(connection);
        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await source.OpenConnectionAsync());
        Assert.True(password.Length == 0 || refused.SqlState == PostgresErrorCodes.InvalidPassword, refused.Message);
    }

    [Theory]
    [InlineData("PING\r\n")]
    [InlineData("AUTH wrong\r\nCONFIG GET *\r\n")]
    public async Task Redis_asks_for_its_password(string commands)
    {
        var address = (await system.App.GetConnectionStringAsync("redis"))!.Split(',')[0].Split(':');
        using var client = new TcpClient(address[0], int.Parse(address[1], CultureInfo.InvariantCulture));
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(commands + "QUIT\r\n"));
        using var reader = new StreamReader(stream);
        Assert.StartsWith(commands[0] == 'P' ? "-NOAUTH" : "-WRONGPASS", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("maxmemory", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_port_of_the_system_is_open_on_this_machine_alone()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the kernel's list of ports
        }

        var ours = system.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<IResourceWithEndpoints>()
            .SelectMany(resource => resource.GetEndpoints()).Select(endpoint => endpoint.Port).ToHashSet();
        var listening = File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 3 && fields[3] == "0A").Select(fields => fields[1].Split(':'))
            .Select(local => (Address: AddressOf(local[0]), Port: int.Parse(local[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))).Where(socket => ours.Contains(socket.Port)).ToList();

        Assert.Equal(ours.Order(), listening.Select(socket => socket.Port).Distinct().Order());
        Assert.All(listening, socket => Assert.True(IPAddress.IsLoopback(socket.Address), $"{socket.Address}:{socket.Port}"));
    }

    [Fact]
    public async Task No_command_line_tells_a_secret()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string[] secrets =
        [
            StoryPortalSystem.AdminKey, new NpgsqlConnectionStringBuilder(system.ConnectionString).Password!,
            (await system.App.GetConnectionStringAsync("redis"))!.Split("password=")[1],
        ];
        foreach (var line in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(CommandLine))
        {
            Assert.DoesNotContain(secrets, secret => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    // Words of four bytes, each in the machine's own order.
    private static IPAddress AddressOf(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        if (BitConverter.IsLittleEndian)
        {
            for (var i = 0; i < bytes.Length; i += sizeof(uint))
            {
                bytes.AsSpan(i, sizeof(uint)).Reverse();
            }
        }

        return new IPAddress(bytes);
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
