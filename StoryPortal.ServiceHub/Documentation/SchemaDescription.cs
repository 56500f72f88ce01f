using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace StoryPortal.ServiceHub.Documentation;

/// <summary>What the schema generator does not see: the types that JSON converters write, required members, and the members of problem documents.</summary>
internal static class SchemaDescription
{
    private const string TraceId = "trace_id";

    public static Task CompleteAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        var valueType = Nullable.GetUnderlyingType(type) ?? type;
        if (valueType.IsEnum)
        {
            DescribeEnum(schema, valueType);
        }
        else if (valueType == typeof(DateTimeOffset))
        {
            schema.Type = type == valueType ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
        }
        else if (valueType == typeof(int) || valueType == typeof(long))
        {
            schema.Type = type == valueType ? JsonSchemaType.Integer : JsonSchemaType.Integer | JsonSchemaType.Null;
        }
        else if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { IsEnum: true } element } && schema.Items is null or OpenApiSchema { Type: null, Enum: null })
        {
            DescribeEnum((OpenApiSchema)(schema.Items ??= new OpenApiSchema()), element);
        }
        else if (typeof(ProblemDetails).IsAssignableFrom(type))
        {
            DescribeProblem(schema);
        }

        if (context.JsonPropertyInfo?.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) == true)
        {
            schema.Type &= ~JsonSchemaType.Null;
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Replaces "null, or any JSON" of a member by "any JSON". A null matches both, and <c>oneOf</c> allows a single match.
    /// </summary>
    public static void SimplifyNullable(OpenApiDocument document)
    {
        foreach (var schema in document.Components?.Schemas?.Values.OfType<OpenApiSchema>() ?? [])
        {
            foreach (var (name, member) in schema.Properties?.ToList() ?? [])
            {
                if (member.OneOf?.OfType<OpenApiSchemaReference>().SingleOrDefault() is { Type: null } anyJson)
                {
                    schema.Properties![name] = anyJson;
                }
            }
        }
    }

    private static void DescribeEnum(OpenApiSchema schema, Type type)
    {
        schema.Type = JsonSchemaType.String;
        schema.Enum = [.. Enum.GetNames(type).Select(name => (JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];
    }

    // RFC 9457, section 3.2: a problem may have more members than those of its type, and a member without a value is left out.
    private static void DescribeProblem(OpenApiSchema schema)
    {
        schema.AdditionalPropertiesAllowed = true;
        schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var member in schema.Properties.Values.OfType<OpenApiSchema>())
        {
            member.Type &= ~JsonSchemaType.Null;
        }

        schema.Properties[TraceId] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The id of the request's trace, 32 hexadecimal digits." };
        schema.Required = new HashSet<string> { "title", "status", TraceId };
    }
}
