using Microsoft.OpenApi;
using Scalar.AspNetCore;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Documentation;

/// <summary>The API's description at <c>/openapi/v1.json</c>, and a page to read and try it at <c>/docs</c>.</summary>
internal static class DocumentationExtensions
{
    /// <summary>The name of the scheme by which callers show their key; what it lists is the scope that the key has to have.</summary>
    internal const string KeyScheme = "ApiKey";

    public static void AddDocumentation(this WebApplicationBuilder builder) => builder.Services.AddOpenApi(openApi =>
    {
        openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Story Portal";
            document.Info.Description = "The back end of an AI-agent platform: what agents do, and which services there are.";
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.AddComponent(KeyScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = KeyHeaders.Api,
                Description = "In Development reading needs no key. `./start.sh --env` prints the admin key.",
            });
            document.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
            SchemaDescription.SimplifyNullable(document);
            return Task.CompletedTask;
        });
        openApi.AddOperationTransformer(OperationDescription.CompleteAsync);
        openApi.AddSchemaTransformer(SchemaDescription.CompleteAsync);
    });

    public static void MapDocumentation(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi().AllowAnonymous();

        // Without what would ask other hosts for something.
        endpoints.MapScalarApiReference("/docs", page => page
            .WithTitle("Story Portal")
            .HideDeveloperTools()
            .DisableAgent()
            .DisableMcp()
            .DisableTelemetry()
            .DisableDefaultFonts()).AllowAnonymous();
    }
}
