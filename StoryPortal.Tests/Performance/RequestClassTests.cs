using System.Text.Json;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Performance;

/// <summary>Every route belongs to a class, and so to a latency target.</summary>
[Collection(SharedSystem.Name)]
public sealed class RequestClassTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("GET", "/health/ready", RequestClass.Health)]
    [InlineData("HEAD", "/alive", RequestClass.Health)]
    [InlineData("GET", "/v1/agents", RequestClass.List)]
    [InlineData("HEAD", "/v1/agents/{id}", RequestClass.Detail)]
    [InlineData("GET", "/v1/events/stats", RequestClass.List)]
    [InlineData("GET", "/v1/performance", RequestClass.Detail)]
    [InlineData("PATCH", "/v1/agents/{id}", RequestClass.Write)]
    [InlineData("POST", "/v1/batch", RequestClass.Write)]
    [InlineData("GET", "/v1/events/stream", RequestClass.Stream)]
    [InlineData("GET", "/v1/services/watch", RequestClass.Stream)]
    [InlineData("POST", "/internal/api-requests", RequestClass.Other)]
    [InlineData("GET", "/docs/{documentName?}", RequestClass.Other)]
    public void The_class_follows_from_method_and_template(string method, string template, RequestClass expected) =>
        Assert.Equal(expected, RequestClasses.Of(method, template));

    [Theory]
    [InlineData("/v2/agents")]
    [InlineData("/healthy")]
    [InlineData("/v1/{**rest}")]
    [InlineData("unmatched")]
    public void What_nobody_has_thought_of_has_none(string template) => Assert.Null(RequestClasses.Of("GET", template));

    [Fact]
    public async Task Every_route_of_the_api_has_a_class_and_a_list_is_what_answers_with_an_array()
    {
        using var response = await system.Hub.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        var document = await response.JsonAsync();
        var wrong = new List<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var method = operation.Name.ToUpperInvariant();
                var template = path.Name.Length > 1 ? path.Name.TrimEnd('/') : path.Name;
                var found = RequestClasses.Of(method, template);
                var isRight = found is RequestClass.Stream or RequestClass.Other
                    || (method == "GET" ? found == (AnswersArray(document, operation.Value) ? RequestClass.List : RequestClass.Detail) : found == RequestClass.Write);
                if (!isRight)
                {
                    wrong.Add($"{method} {template}: {found?.ToString() ?? "none"}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static bool AnswersArray(JsonElement document, JsonElement operation)
    {
        if (!operation.GetProperty("responses").TryGetProperty("200", out var answer) || !answer.TryGetProperty("content", out var content)
            || !content.TryGetProperty("application/json", out var json) || !json.TryGetProperty("schema", out var schema))
        {
            return false;
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        return schema.TryGetProperty("type", out var type) && type.ToString().Contains("array", StringComparison.Ordinal);
    }
}
