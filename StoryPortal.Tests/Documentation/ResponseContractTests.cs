using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.Tests.Running;
using Xunit.Sdk;

namespace StoryPortal.Tests.Documentation;

/// <summary>The check that every client of a test system makes finds what is not as the OpenAPI document says.</summary>
[Collection(SharedSystem.Name)]
public sealed class ResponseContractTests(StoryPortalSystem system)
{
    private const string Problem = """{"type": "about:blank", "title": "No", "status": 404, "trace_id": "0123456789abcdef0123456789abcdef"}""";
    private const string Model = """{"id": "m", "provider": "p", "model": "m", "parameters": {}, "enabled": true, "updated_at": "2026-01-01T00:00:00Z"}""";

    [Theory]
    [InlineData("GET", "/v1/models/m", 200, "application/json", Model)]
    [InlineData("GET", "/api/v1/models/m%2Fn", 404, "application/problem+json", Problem)]
    [InlineData("HEAD", "/v1/models/m", 200, "application/json", "")]
    [InlineData("GET", "/v1/models/m", 304, null, "")]
    [InlineData("GET", "/health", 299, "text/html", "not described, and not checked")]
    public async Task What_is_described_passes(string method, string path, int status, string? contentType, string body) =>
        await CheckAsync(method, path, status, contentType, body);

    [Theory]
    [InlineData("GET", "/v1/models/m", 418, "application/problem+json", Problem)] // the status
    [InlineData("GET", "/v1/models/m", 200, "text/html", Model)] // the content type
    [InlineData("GET", "/v1/models/m", 200, null, "")]
    [InlineData("GET", "/v1/models/m", 200, "application/json", """{"id": "m"}""")] // members are missing
    [InlineData("GET", "/v1/models", 200, "application/json", $"[{Model}, {Problem}]")] // members are there that are not described
    [InlineData("GET", "/v1/models/m", 404, "application/problem+json", """{"title": "No", "status": 404}""")] // a problem without the trace's id
    public async Task What_is_not_described_fails(string method, string path, int status, string? contentType, string body) =>
        await Assert.ThrowsAnyAsync<XunitException>(() => CheckAsync(method, path, status, contentType, body));

    [Fact]
    public void The_clients_of_a_system_check_what_they_receive()
    {
        var handlers = new List<HttpMessageHandler>();
        for (var handler = system.App.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(); handler is not null; handler = (handler as DelegatingHandler)?.InnerHandler)
        {
            handlers.Add(handler);
        }

        Assert.Single(handlers.OfType<ResponseContractHandler>());
    }

    private async Task CheckAsync(string method, string path, int status, string? contentType, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(system.Anonymous.BaseAddress!, path));
        using var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        response.Content.Headers.ContentType = contentType is null ? null : new(contentType);
        await system.Contract!.CheckAsync(request, response);
    }
}
