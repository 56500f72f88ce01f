using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceHub.Events.Stream;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.ServiceHub.Documentation;

/// <summary>What all operations have in common, so that no endpoint has to say it: how they refuse, what headers they take, an example.</summary>
internal static class OperationDescription
{
    private const string ProblemContentType = "application/problem+json";

    private static readonly (string Status, string Description)[] Refusals =
    [
        ("400", "The request is not valid; `errors` names each field."),
        ("401", "A key is needed, or this one is not valid."),
        ("403", "The key lacks the scope, or may not do this; `detail` says which."),
        ("429", "Too many requests; `Retry-After` says when to come again."),
        ("502", "The gateway received no valid response from a hub."),
        ("503", "The server is busy, or cannot reach its database; `Retry-After` says when to come again."),
        ("504", "No hub responded to the gateway in time."),
    ];

    public static Task CompleteAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (AuthorizationPolicies.ScopesOf(metadata, context.Description.HttpMethod!) is { Count: > 0 } scopes)
        {
            operation.Security = DocumentationExtensions.Require(
                context.Document, [.. scopes.Select(EnumText<ServiceDefaults.Authentication.Scope>.Of)]);
            foreach (var (status, description) in Refusals)
            {
                AddProblem(operation, context, status, description);
            }

            if (operation.RequestBody is not null)
            {
                AddProblem(operation, context, "408", "The body arrives too slowly.");
                AddProblem(operation, context, "415", "The body's `Content-Type` or `Content-Encoding` is not taken.");
            }
        }

        if (operation.Responses?.GetValueOrDefault("200")?.Content?.ContainsKey(JsonBody.ContentType) == true && HttpMethods.IsGet(context.Description.HttpMethod!))
        {
            operation.Responses["304"] = new OpenApiResponse { Description = "The caller has this representation: its `ETag` is in `If-None-Match`." };
        }

        if (metadata.OfType<TakesIdempotencyKey>().Any())
        {
            AddHeader(operation, IdempotencyFilter.Header, "A name for this request, 1 to 255 visible ASCII characters. Sent again within a day, it is given the same answer, and nothing is done twice.");
        }

        if (metadata.OfType<TakesPreconditions>().Any())
        {
            AddHeader(operation, HeaderNames.IfMatch, "The ETag that was read, or `*` for whatever exists. A resource that has changed since is not written: 412.");
            AddHeader(operation, HeaderNames.IfNoneMatch, "`*`: write only what does not exist. An ETag: write only what has another one. Else 412.");
        }

        if (metadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName == EventStreamEndpoint.Name)
        {
            AddHeader(operation, EventStreamEndpoint.LastEventId, "The id of the event after which to resume.");
        }

        if (metadata.OfType<BodyExample>().LastOrDefault() is { } example && operation.RequestBody?.Content is { } bodies)
        {
            foreach (var (contentType, body) in bodies)
            {
                body.Example = Example(JsonNode.Parse(example.Json)!, contentType);
            }
        }

        return Task.CompletedTask;
    }

    private static JsonNode Example(JsonNode json, string contentType) => contentType == BatchBody.NdjsonContentType
        ? string.Join('\n', json.AsArray().Select(row => row!.ToJsonString()))
        : json.DeepClone();

    private static void AddProblem(OpenApiOperation operation, OpenApiOperationTransformerContext context, string status, string description) =>
        (operation.Responses ??= [])[status] = new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [ProblemContentType] = new() { Schema = new OpenApiSchemaReference(nameof(HttpValidationProblemDetails), context.Document) },
            },
        };

    private static void AddHeader(OpenApiOperation operation, string name, string description) => (operation.Parameters ??= []).Add(new OpenApiParameter
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    });
}
