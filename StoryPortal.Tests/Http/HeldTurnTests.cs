using System.Net;
using System.Net.Sockets;
using System.Text;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Http;

/// <summary>Batches of one caller whose bodies arrive slowly: those of another are worked on beside them.</summary>
[Collection(SharedSystem.Name)]
public sealed class HeldTurnTests(SharedProduction production) : IClassFixture<SharedProduction>
{
    private const int Uploads = 24;
    private const int BytesThatCome = 100_000; // more than the gateway awaits

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly ProductionSystem _system = production.System;

    [Theory]
    [InlineData("/v1/events/batch", "write", true)]
    [InlineData("/v1/events/batch", "write", false)]
    [InlineData("/v1/batch", "read", true)]
    [InlineData("/v1/batch", "read", false)]
    public async Task A_body_that_stalls_holds_no_turn(string path, string scope, bool isThroughGateway)
    {
        var port = isThroughGateway ? _system.Gateway.Port : _system.Hub.BaseAddress!.Port;
        var key = await CreateKeyAsync(scope);
        var held = new List<TcpClient>();
        var beginning = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
            + new string(' ', BytesThatCome));
        for (var i = 0; i < Uploads; i++)
        {
            var client = new TcpClient();
            held.Add(client);
            await client.ConnectAsync(IPAddress.Loopback, port);
            await client.GetStream().WriteAsync(beginning);
        }

        using var warm = await PostAsync(path);
        for (var i = 0; i < 10; i++)
        {
            using var response = await PostAsync(path).WaitAsync(Soon);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        held.ForEach(client => client.Dispose());
    }

    private async Task<HttpResponseMessage> PostAsync(string path) => await _system.Gateway.Admin.PostAsync(
        new Uri(path, UriKind.Relative),
        Answers.Json(path == "/v1/batch" ? """[{"path": "/v1/models"}]""" : """[{"type": "held-turns"}]"""));

    private async Task<string> CreateKeyAsync(string scope)
    {
        using var created = await _system.Gateway.Admin.PostAsync(
            new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json($$"""{"name": "slow {{Guid.NewGuid()}}", "scopes": ["{{scope}}"]}"""));
        return (await created.JsonAsync(HttpStatusCode.Created)).GetProperty("key").GetString()!;
    }
}
