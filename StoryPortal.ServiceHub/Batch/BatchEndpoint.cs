using System.Text.Json;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Batch;

/// <summary><c>/v1/batch</c>.</summary>
internal static class BatchEndpoint
{
    private const string Requests = "requests";
    private const int MostRequests = 100;
    private const int AtOnce = 16;

    public static void AddBatch(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<InnerRequests>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Add(BatchJson.Contracts));
    }

    public static void MapBatch(this IEndpointRouteBuilder v1)
    {
        var options = v1.ServiceProvider.GetRequiredService<IOptions<BatchOptions>>().Value;
        v1.MapPost("/batch", RunAsync)
            .WithTags("Batch").WithName("RunBatch").WithSummary("Send many requests in one")
            .WithDescription("""
                Up to 100 requests, as an array or as `{"requests": […]}`, run at the same time: none may rely on another. Each is let in, validated,
                cached and measured as if it had come by itself, and has its own status; one that fails changes nothing for the others. Streams, watches and
                batches are not taken. `Content-Type` is JSON unless a request says otherwise.
                """)
            .RequireAuthorization(AuthorizationPolicies.Read) // each request inside is asked for its own
            .WithBodyLimit(BodyLimits.Requests)
            .AddEndpointFilter(new BatchGate("batches of requests", options.RequestConcurrency, options))
            .NotInBatches()
            .Accepts<List<BatchItem>>(JsonBody.ContentType)
            .WithExample("""
                [{"id": "ada", "method": "GET", "path": "/v1/agents/0197a000-0000-7000-8000-000000000001"},
                 {"id": "event", "method": "POST", "path": "/v1/events", "body": {"type": "chapter.read"}}]
                """)
            .Produces<BatchAnswer>().ProducesValidationProblem();
    }

    private static async Task<IResult> RunAsync(HttpContext context, InnerRequests inner, CancellationToken cancellationToken)
    {
        using var body = await JsonBody.ReadAsync(context.Request, cancellationToken);
        using var document = Parse(body.Utf8);
        List<JsonElement> items = [.. ItemsIn(document.RootElement).EnumerateArray()];
        if (items.Count > MostRequests)
        {
            throw new InputException(Requests, $"are {items.Count}; up to {MostRequests} are taken.");
        }

        var budget = new AnswerBudget();
        var calls = items.ConvertAll(item => InnerRequests.CallOf(item, context, budget));
        var results = new BatchResult[calls.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, calls.Count, options, async (i, _) => results[i] = await inner.RunAsync(calls[i]));
        if (!results.Any(result => result.ChangesServices))
        {
            context.Response.Headers[ChangeHeader.Name] = ChangeHeader.None; // what the gateway keeps is still right
        }

        return new JsonAnswer<BatchAnswer>(new BatchAnswer(results), BatchJson.Contracts.BatchAnswer);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = BatchJson.Depth });
        }
        catch (JsonException exception)
        {
            var (field, message) = JsonErrors.Describe(exception);
            throw new InputException(field, message);
        }
    }

    private static JsonElement ItemsIn(JsonElement root)
    {
        try
        {
            return ItemsOf(root);
        }
        catch (InvalidOperationException)
        {
            throw new InputException("body", "holds a name that is not valid Unicode, such as half of a surrogate pair.");
        }
    }

    private static JsonElement ItemsOf(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return root.ValueKind == JsonValueKind.Array ? root : throw new InputException("body", "is neither an array nor an object with requests.");
        }

        JsonElement? items = null;
        foreach (var property in root.EnumerateObject())
        {
            items = property.NameEquals(Requests) && items is null ? property.Value
                : throw new InputException(property.Name.Length > 0 ? property.Name : "\"\"", items is null ? "is not a known field." : "is one too many: there are requests, and nothing else.");
        }

        return items is { ValueKind: JsonValueKind.Array } array ? array : throw new InputException(Requests, "is not an array.");
    }
}
