using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>Nothing that a caller sends becomes a header, or a request, of its own.</summary>
[Collection(SharedSystem.Name)]
public sealed class HeaderTests(SharedProduction production) : IClassFixture<SharedProduction>, IAsyncLifetime
{
    private const string Injected = "%0d%0aX-Evil:%201";

    private readonly ProductionSystem _system = production.System;

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            using var made = await _system.Gateway.Admin.PostAsync(new Uri("/v1/agents", UriKind.Relative), Answers.Json($$"""{"name": "a", "type": "a\r\nX-Evil: 1"}"""));
            await made.JsonAsync(System.Net.HttpStatusCode.Created);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    // Link, Location, WWW-Authenticate and whatever repeats something of the request.
    [Theory]
    [InlineData("GET", $"/v1/agents?limit=1&type=a{Injected}", "", "Link:")]
    [InlineData("GET", $"/v1/agents?limit=1&nobody{Injected}=1", "", "Link:")]
    [InlineData("PUT", $"/v1/models/a{Injected}", """{"provider": "a", "model": "b"}""", "Location:")]
    [InlineData("PUT", $"/v1/services/a{Injected}/instances/b", """{"url": "http://127.0.0.1:1"}""", "400")]
    [InlineData("GET", $"/v1/services?tag=a{Injected}", "", "200")]
    [InlineData("GET", $"/v1/nothing{Injected}", "", "404")]
    [InlineData("POST", $"/v1/agents{Injected}", "{}", "404")]
    public async Task A_line_break_in_an_address_stays_in_it(string method, string target, string body, string expected)
    {
        var answer = await RawRequests.SendAsync(
            _system.Gateway.Port,
            $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var head = answer.Split("\r\n\r\n")[0];
        Assert.Contains(expected, head, StringComparison.Ordinal);
        Assert.DoesNotContain("\nX-Evil", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("X-Request-Id: a\nX-Evil: 1\r\n")]
    [InlineData("X-Request-Id: a\rX-Evil: 1\r\n")]
    [InlineData("X-Request-Id: a\r\n X-Evil: 1\r\n")] // a folded line
    [InlineData("Idempotency-Key: a\0b\r\n")]
    [InlineData("X-Request-Id : a\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n")]
    [InlineData("Transfer-Encoding: x\r\n")]
    [InlineData("Host: other\r\n")]
    public async Task A_header_that_is_none_refuses_the_request(string header)
    {
        var answer = await RawRequests.GetAsync(_system.Gateway.Port, "/v1/agents", GatewayProcess.AdminKey, header);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\nX-Evil", answer, StringComparison.OrdinalIgnoreCase);
    }

    // Who counts differently where a body ends would let the rest of it be somebody else's request.
    [Fact]
    public async Task A_request_inside_of_a_body_is_not_answered()
    {
        var answer = await RawRequests.SendAsync(
            _system.Gateway.Port,
            $"POST /v1/agents HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nContent-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"0\r\n\r\nGET /v1/admin/api-keys HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("\"scopes\"", answer, StringComparison.Ordinal);
    }
}
