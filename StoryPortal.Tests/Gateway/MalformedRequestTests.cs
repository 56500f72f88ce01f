using StoryPortal.Tests.Running;
using StoryPortal.Tests.Security;

namespace StoryPortal.Tests.Gateway;

/// <summary>Requests whose frames, chunks or header names are malformed or unusual.</summary>
public sealed class MalformedRequestTests(MalformedRequestTests.OneGateway gateway) : IClassFixture<MalformedRequestTests.OneGateway>
{
    [Fact]
    public async Task A_stream_whose_empty_body_ends_in_a_frame_of_its_own_is_opened()
    {
        var clients = gateway.Clients;
        var connection = await clients.ConnectAsync();
        connection.WriteRequest(1, "GET", "/v1/events/stream", endsStream: false, ("x-api-key", GatewayProcess.AdminKey));
        await connection.SendAsync(clients.Deadline);
        await Eventually.TrueAsync(async () => await clients.Gateway.MetricAsync("open_streams") == 1); // the body is awaited
        connection.WriteData(1, [], endsStream: true);
        await connection.SendAsync(clients.Deadline);
        Assert.Equal(200, await connection.ReadStatusAsync(1, clients.Deadline));
    }

    [Theory]
    [InlineData("80000000")]
    [InlineData("FFFFFFFF")]
    [InlineData("7FFFFFFF0")]
    [InlineData("g")]
    [InlineData("-1")]
    public async Task A_chunk_whose_size_is_no_number_of_31_bits_is_malformed(string size)
    {
        var clients = gateway.Clients;
        foreach (var before in (string[])["", $"11170\r\n{new string(' ', 70_000)}\r\n"]) // a hub has the beginning of the second
        {
            var response = await RawRequests.SendAsync(
                clients.Gateway.Port,
                $"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nContent-Type: application/json\r\n"
                + $"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{before}{size}\r\n[]\r\n0\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 400", response, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("OverflowException", clients.Gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x\ny")]
    [InlineData("x\ry")]
    [InlineData("x y")]
    [InlineData("x:y")]
    [InlineData("x\u007fy")]
    [InlineData("x\u0001y")]
    [InlineData("x(y)")]
    public async Task Over_HTTP_2_a_header_whose_name_is_no_token_is_malformed(string name)
    {
        var clients = gateway.Clients;
        var connection = await clients.ConnectAsync();
        connection.WriteRequest(1, "POST", "/v1/echo", endsStream: true, ("x-api-key", GatewayProcess.AdminKey), (name, "value"));
        await connection.SendAsync(clients.Deadline);
        Assert.Equal(400, await connection.ReadStatusAsync(1, clients.Deadline));

        connection.WriteRequest(
            3, "POST", "/v1/echo", endsStream: true, ("x-api-key", GatewayProcess.AdminKey), ("x-!#$%&'*+.^_`|~1", "value"));
        await connection.SendAsync(clients.Deadline);
        Assert.Equal(200, await connection.ReadStatusAsync(3, clients.Deadline));
    }

    /// <summary>A gateway for all of these tests.</summary>
    public sealed class OneGateway : IAsyncLifetime
    {
        internal SlowClients Clients { get; private set; } = null!;

        public async Task InitializeAsync() => Clients = await SlowClients.StartAsync();

        public async Task DisposeAsync() => await Clients.DisposeAsync();
    }
}
