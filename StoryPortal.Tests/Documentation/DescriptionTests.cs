using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Documentation;

/// <summary>The API describes itself completely, and its pages work through the gateway.</summary>
[Collection(SharedSystem.Name)]
public sealed class DescriptionTests(StoryPortalSystem system)
{
    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public async Task Every_operation_has_a_summary_its_statuses_and_an_example_of_its_body()
    {
        using var response = await system.Anonymous.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        var document = await response.JsonAsync();
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(operation => Methods.Contains(operation.Name)).Select(operation => ($"{operation.Name} {path.Name}", Operation: operation.Value))).ToList();

        var lacks = operations.SelectMany(operation => Lacks(operation.Item1, operation.Operation).Select(what => $"{operation.Item1} lacks {what}")).ToList();
        Assert.True(lacks.Count == 0, string.Join('\n', lacks));
        Assert.Contains(operations, operation => operation.Item1 == "get /v1/events/stream");
        Assert.Contains(operations, operation => operation.Item1 == "post /v1/batch");
        Assert.Equal(operations.Count, operations.Select(operation => operation.Operation.GetProperty("operationId").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Every_schema_has_a_type_and_no_required_member_of_a_request_can_be_null()
    {
        using var response = await system.Anonymous.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        var schemas = (await response.JsonAsync()).GetProperty("components").GetProperty("schemas").EnumerateObject().ToList();
        var members = schemas.Where(schema => schema.Value.TryGetProperty("properties", out _))
            .SelectMany(schema => schema.Value.GetProperty("properties").EnumerateObject().Select(member => (Name: $"{schema.Name}.{member.Name}", Schema: member.Value))).ToList();

        // Any JSON: what callers may store as they like.
        string[] any = ["RawJson", "JsonElement"];
        Assert.Equal(any.Order(), schemas.Where(schema => !HasType(schema.Value)).Select(schema => schema.Name).Order());
        Assert.Empty(members.Where(member => !HasType(member.Schema)).Select(member => member.Name));
        Assert.Empty(members.Where(member => member.Schema.TryGetProperty("items", out var items) && !HasType(items)).Select(member => member.Name));

        var requests = schemas.Where(schema => schema.Name.StartsWith("New", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(requests);
        Assert.Empty(
            from request in requests
            where request.Value.TryGetProperty("required", out _)
            from name in request.Value.GetProperty("required").EnumerateArray()
            where request.Value.GetProperty("properties").GetProperty(name.GetString()!).GetProperty("type").ValueKind == JsonValueKind.Array
            select $"{request.Name}.{name}");
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere_and_everything_it_needs_is_served_through_the_gateway()
    {
        using var page = await system.Anonymous.GetAsync(new Uri("/docs", UriKind.Relative));
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self' 'unsafe-inline'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);

        var scripts = html.Split("src=\"")[1..].Select(part => part.Split('"')[0]).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            Assert.False(script.StartsWith("http", StringComparison.Ordinal) || script.StartsWith("//", StringComparison.Ordinal), script);
            using var served = await system.Anonymous.GetAsync(new Uri(page.RequestMessage!.RequestUri!, script));
            Assert.True(served.IsSuccessStatusCode, script);
            Assert.Equal("text/javascript", served.Content.Headers.ContentType?.MediaType);
        }

        Assert.Contains("openapi/v1.json", html, StringComparison.Ordinal);
    }

    private static bool HasType(JsonElement schema) => ((string[])["type", "$ref", "oneOf"]).Any(keyword => schema.TryGetProperty(keyword, out _));

    private static IEnumerable<string> Lacks(string name, JsonElement operation)
    {
        if (!operation.TryGetProperty("summary", out var summary) || string.IsNullOrWhiteSpace(summary.GetString()))
        {
            yield return "a summary";
        }

        operation.TryGetProperty("requestBody", out var body);
        var responses = operation.GetProperty("responses");
        foreach (var status in (string[])["400", "401", "403", "429", "503", .. body.ValueKind == JsonValueKind.Object ? ["415"] : Array.Empty<string>()])
        {
            if (!responses.TryGetProperty(status, out var response) || !response.TryGetProperty("content", out _))
            {
                yield return $"status {status}";
            }
        }

        if (!responses.EnumerateObject().Any(response => response.Name[0] == '2'))
        {
            yield return "a status of success";
        }

        if (body.ValueKind == JsonValueKind.Object)
        {
            foreach (var content in body.GetProperty("content").EnumerateObject().Where(content => !content.Value.TryGetProperty("example", out _)))
            {
                yield return $"an example of {content.Name}";
            }
        }
    }
}
