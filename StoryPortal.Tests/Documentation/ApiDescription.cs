using System.Text.Json;
using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Documentation;

/// <summary>The hub's own description of its API, for tests that ask every operation there is: a new one is asked without anybody thinking of it.</summary>
internal sealed class ApiDescription
{
    private readonly JsonElement _document;

    private ApiDescription(JsonElement document)
    {
        _document = document;
        Operations = [.. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => Read(path.Name, operation)))];
        Assert.True(Operations.Count > 40, $"{Operations.Count} operations");
    }

    /// <summary>Every operation.</summary>
    public IReadOnlyList<ApiOperation> Operations { get; }

    /// <summary>The members of every enum: words that mean something somewhere.</summary>
    public IEnumerable<string> Words => _document.GetProperty("components").GetProperty("schemas").EnumerateObject()
        .Where(schema => schema.Value.TryGetProperty("enum", out _))
        .SelectMany(schema => schema.Value.GetProperty("enum").EnumerateArray()).Select(word => word.GetString()).OfType<string>().Distinct();

    /// <summary>Asks a hub, as anybody may.</summary>
    public static async Task<ApiDescription> OfAsync(HttpClient hub)
    {
        using var response = await hub.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        return new ApiDescription(await response.JsonAsync());
    }

    /// <summary>The schema itself, where this is a reference to one.</summary>
    public JsonElement Resolve(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference)
            ? Resolve(_document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]))
            : schema;

    private static ApiOperation Read(string path, JsonProperty operation)
    {
        var described = operation.Value;
        var parameters = described.TryGetProperty("parameters", out var named)
            ? named.EnumerateArray().Select(parameter => new ApiParameter(parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!, SchemaOf(parameter)))
            : [];
        var bodies = described.TryGetProperty("requestBody", out var body)
            ? body.GetProperty("content").EnumerateObject().Select(content => new ApiBody(content.Name, SchemaOf(content.Value), content.Value.GetProperty("example")))
            : [];
        var scope = described.TryGetProperty("security", out var security)
            ? ((string[])["ApiKey", "Bearer"]) // either of them, with the same scope
                .Select((scheme, i) => security[i].GetProperty(scheme).EnumerateArray().Single().GetString()).Distinct().Single()
            : null;
        return new ApiOperation(
            HttpMethod.Parse(operation.Name), path.Length > 1 ? path.TrimEnd('/') : path, described.GetProperty("operationId").GetString()!, scope, [.. parameters], [.. bodies],
            described.GetProperty("responses").EnumerateObject().Any(answer => answer.Value.TryGetProperty("content", out var content) && content.TryGetProperty("text/event-stream", out _)));
    }

    private static JsonElement SchemaOf(JsonElement described) => described.TryGetProperty("schema", out var schema) ? schema : default;
}

/// <summary>One operation.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path, with parameters in braces.</param>
/// <param name="Id">Its name.</param>
/// <param name="Scope">The scope that it says a key must have.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Bodies">What it takes as a body, by content type.</param>
/// <param name="IsStream">Whether its answer stays open.</param>
internal sealed partial record ApiOperation(
    HttpMethod Method, string Path, string Id, string? Scope, IReadOnlyList<ApiParameter> Parameters, IReadOnlyList<ApiBody> Bodies, bool IsStream)
{
    /// <summary>Its address, with <paramref name="value"/> for each parameter of its path.</summary>
    public string Address(string value) => Parameter().Replace(Path, value);

    /// <summary>The same of a request that does not wait: a watch responds at once.</summary>
    public string PromptAddress(string value) => Address(value) + (Parameters.Any(parameter => parameter is { In: "query", Name: "wait" }) ? "?wait=0" : "");

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";

    [GeneratedRegex("{[^}]+}")]
    private static partial Regex Parameter();
}

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">path, query or header.</param>
/// <param name="Schema">What it can be.</param>
internal sealed record ApiParameter(string Name, string In, JsonElement Schema);

/// <summary>A body that an operation takes.</summary>
/// <param name="ContentType">Its content type.</param>
/// <param name="Schema">What it can be.</param>
/// <param name="Example">One that is right; of NDJSON, its lines.</param>
internal sealed record ApiBody(string ContentType, JsonElement Schema, JsonElement Example);
