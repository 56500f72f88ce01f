using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>However an address is written, it leads through the gateway to nothing but the API and its documents.</summary>
[Collection(SharedSystem.Name)]
public sealed class PathTests(SharedProduction production) : IClassFixture<SharedProduction>
{
    private static readonly string Internal = $"X-Internal-Key: {GatewayProcess.InternalKey}\r\nX-Original-URL: /internal/api-keys/00\r\nX-Rewrite-URL: /internal/api-keys/00\r\n";

    private readonly ProductionSystem _system = production.System;

    public static TheoryData<string> Ways =>
    [
        "/internal/api-keys/00", "//internal/api-keys/00", "/./internal/api-keys/00", "/v1/../internal/api-keys/00", "/v1/./../internal/api-keys/00", "/v1/%2e%2e/internal/api-keys/00",
        "/v1/..%2finternal/api-keys/00", "/v1/..%2Finternal%2Fapi-keys%2F00", "/v1/%2e%2e%2finternal/api-keys/00", "/v1/%252e%252e/internal/api-keys/00", "/v1/%252e%252e%252finternal/api-keys/00",
        "/v1/..\\internal\\api-keys\\00", "/v1/..%5cinternal%5capi-keys%5c00", "/v1/..;/internal/api-keys/00", "/v1//../internal/api-keys/00", "/v1/agents/../../internal/api-keys/00",
        "/api/v1/../../internal/api-keys/00", "/api/v1/%252e%252e/internal/api-keys/00", "/api/v1/%252e%252e/metrics", "/api/v1/..%252fmetrics", "/api/v1/agents/%2500", "/api/v1/../internal/api-keys/00", "/api/internal/api-keys/00", "/api/../internal/api-keys/00", "/docs/../internal/api-keys/00", "/docs/..%2f..%2finternal/api-keys/00",
        "/openapi/../internal/api-keys/00", "/openapi/..%2finternal/api-keys/00", "/v1/..%c0%afinternal/api-keys/00", "/v1/%c0%ae%c0%ae/internal/api-keys/00", "/v1/..%u2215internal/api-keys/00",
        "/v1/%00/../../internal/api-keys/00", "http://localhost/internal/api-keys/00", "http://localhost/v1/../internal/api-keys/00", "/v1/..%ef%bc%8finternal/api-keys/00",
        "/metrics", "/v1/../metrics", "/v1/..%2fmetrics", "//metrics", "/v1/%2e%2e/metrics", "/api/v1/../../metrics", "/openapi/..%2f..%2f..%2fetc%2fpasswd", "/docs/..%2f..%2f..%2fetc/passwd",
        "/page/..%2f..%2fappsettings.json", "/page/../../appsettings.json", "/appsettings.json", "/.git/config", "/v1/..%2fhealth",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task There_is_no_way_around(string target)
    {
        var answer = await RawRequests.GetAsync(_system.Gateway.Port, target, GatewayProcess.AdminKey, Internal);
        var status = answer.Split(' ')[1];
        Assert.True(status is "400" or "404", $"{target}: {answer}");
    }

    // The page of the documents takes any name; whatever it repeats of it is no script, and no address elsewhere.
    [Theory]
    [InlineData("..%2fmetrics")]
    [InlineData("%3c%2fscript%3e%3cscript%3ealert(1)%3c%2fscript%3e")]
    [InlineData("x'%29%3balert(1)%2f%2f")]
    [InlineData("x%22%29%3balert(1)%2f%2f")]
    [InlineData("http:%2f%2fevil.example%2fv1")]
    public async Task The_documents_page_repeats_nothing_that_would_run(string name)
    {
        var answer = await RawRequests.GetAsync(_system.Gateway.Port, $"/docs/{name}", GatewayProcess.AdminKey);
        Assert.DoesNotContain("<script>alert", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("x')", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("x\")", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\"url\":\"http", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_reaches_a_hub_is_of_the_api_or_its_documents_and_keeps_its_segments()
    {
        var received = new ConcurrentQueue<string>();
        await using var hub = await FakeHub.StartAsync(app => app.Map("/{**any}", (HttpContext context) =>
        {
            received.Enqueue($"{context.Request.Path.Value} {context.Request.Headers["X-Internal-Key"]}");
            return TypedResults.NoContent();
        }));
        await using var gateway = await GatewayProcess.StartAsync([hub]);
        foreach (var target in Ways.Cast<object[]>().Select(way => (string)way[0]))
        {
            await RawRequests.GetAsync(gateway.Port, target, GatewayProcess.AdminKey, Internal);
        }

        var sent = received.Where(path => path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/docs", StringComparison.Ordinal) || path.StartsWith("/openapi", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(sent);
        Assert.Equal(sent, received);
        Assert.All(sent, path => Assert.EndsWith(" ", path, StringComparison.Ordinal)); // whoever claims to be of the system is not believed
        Assert.DoesNotContain(sent, path => path.Split(' ')[0].Split('/').Any(segment => segment is "." or ".."));
    }
}
