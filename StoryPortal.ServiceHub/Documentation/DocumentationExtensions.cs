using Microsoft.OpenApi;
using Scalar.AspNetCore;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Documentation;

/// <summary>The API's description at <c>/openapi/v1.json</c>, and a page to read and try it at <c>/docs</c>.</summary>
internal static class DocumentationExtensions
{
    /// <summary>The name of the scheme by which callers show their key; what it lists is the scope that the key has to have.</summary>
    internal const string KeyScheme = "ApiKey";

    /// <summary>The name of the scheme by which callers send an API key or a JSON Web Token in <c>Authorization</c>.</summary>
    internal const string BearerScheme = "Bearer";

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
            document.AddComponent(BearerScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key, or a JSON Web Token where the server has `Authentication:Jwt:Authority`.",
            });
            document.Security = Require(document, []);
            SchemaDescription.SimplifyNullable(document);
            return Task.CompletedTask;
        });
        openApi.AddOperationTransformer(OperationDescription.CompleteAsync);
        openApi.AddSchemaTransformer(SchemaDescription.CompleteAsync);
    });

    /// <summary>Either scheme, with the scopes that a caller needs.</summary>
    internal static List<OpenApiSecurityRequirement> Require(OpenApiDocument? document, List<string> scopes) =>
        [.. ((string[])[KeyScheme, BearerScheme]).Select(scheme =>
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = scopes })];

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
