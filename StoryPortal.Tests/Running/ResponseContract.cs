using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;

namespace StoryPortal.Tests.Running;

/// <summary>The responses that the OpenAPI document describes, by operation: a response is checked for its status, its content type and, of JSON, its schema.</summary>
internal sealed partial class ResponseContract
{
    private const string GatewayPrefix = "/api";
    private const string JsonContentType = "application/json";

    private static readonly Uri DocumentUri = new("https://story-portal.test/openapi/v1.json");
    private static readonly EvaluationOptions FirstPass = new() { OutputFormat = OutputFormat.Flag };
    private static readonly EvaluationOptions WithErrors = new() { OutputFormat = OutputFormat.List };

    private static Task<ResponseContract>? s_contract;

    private readonly List<Operation> _operations;

    private ResponseContract(JsonElement document)
    {
        var options = new BuildOptions { SchemaRegistry = new SchemaRegistry() };
        options.SchemaRegistry.Register(DocumentUri, new JsonElementBaseDocument(document, DocumentUri));
        _operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               let parameters = Parameter().Count(path.Name)
               orderby parameters // "/services/search" before "/services/{name}"
               select new Operation(
                   HttpMethod.Parse(operation.Name), PatternOf(path.Name), path.Name,
                   operation.Value.GetProperty("responses").EnumerateObject().ToDictionary(
                       response => int.Parse(response.Name, CultureInfo.InvariantCulture),
                       response => ContentOf(response.Value, Pointer("paths", path.Name, operation.Name, "responses", response.Name), options))),
        ];
    }

    /// <summary>The contract of this build's hub, read once for all systems of the test run.</summary>
    public static Task<ResponseContract> ReadAsync(HttpClient hub) => s_contract is { IsFaulted: false, IsCanceled: false } contract ? contract : s_contract = LoadAsync(hub);

    /// <summary>Fails unless the response to a described operation is a described one; other requests are not looked at.</summary>
    public async Task CheckAsync(HttpRequestMessage request, HttpResponseMessage response)
    {
        var path = request.RequestUri!.AbsolutePath;
        path = path.StartsWith($"{GatewayPrefix}/v1", StringComparison.Ordinal) ? path[GatewayPrefix.Length..] : path;
        var (isHead, status) = (request.Method == HttpMethod.Head, (int)response.StatusCode);
        var operation = _operations.Find(candidate => candidate.Method == (isHead ? HttpMethod.Get : request.Method) && candidate.Path.IsMatch(path));
        if (operation is null)
        {
            return;
        }

        var name = $"{request.Method} {request.RequestUri.PathAndQuery} ({operation.Template})";
        Assert.True(operation.Responses.TryGetValue(status, out var contents), $"{name} is answered with {status}, which is not described.");
        if (response.Content.Headers.ContentType is not { MediaType: { } mediaType })
        {
            Assert.True(isHead || contents!.Count == 0, $"{name} is answered with {status} and without a content type.");
            return;
        }

        Assert.True(contents!.TryGetValue(mediaType, out var schema), $"{name} is answered with {status} and {mediaType}, which is not described.");
        if (!isHead && IsJson(mediaType) && response.Content.Headers.ContentEncoding.Count == 0)
        {
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
            Check(schema!.Value, body.RootElement, $"{name} with {status}");
        }
    }

    private static void Check(JsonSchema schema, JsonElement body, string name)
    {
        if (!schema.Evaluate(body, FirstPass).IsValid)
        {
            var errors = from result in schema.Evaluate(body, WithErrors).Details ?? []
                         from error in result.Errors ?? new Dictionary<string, string>()
                         select $"{result.InstanceLocation}: {error.Value}";
            Assert.Fail($"{name} is not as described.\n{string.Join('\n', errors.Take(10))}\n{body}");
        }
    }

    private static async Task<ResponseContract> LoadAsync(HttpClient hub)
    {
        using var response = await hub.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        return new ResponseContract(await response.JsonAsync());
    }

    private static Dictionary<string, Lazy<JsonSchema>> ContentOf(JsonElement response, string pointer, BuildOptions options) =>
        response.TryGetProperty("content", out var contents)
            ? contents.EnumerateObject().ToDictionary(content => content.Name, content => new Lazy<JsonSchema>(() => Schema(pointer + Pointer("content", content.Name, "schema"), options)))
            : [];

    private static JsonSchema Schema(string pointer, BuildOptions options) => JsonSchema.FromText($$"""{"$ref": "{{DocumentUri}}#{{pointer}}"}""", options);

    private static string Pointer(params string[] names) =>
        string.Concat(names.Select(name => $"/{Uri.EscapeDataString(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal))}"));

    private static bool IsJson(string mediaType) => mediaType == JsonContentType || mediaType.EndsWith("+json", StringComparison.Ordinal);

    private static Regex PatternOf(string template) =>
        new($"^{string.Join("[^/]+", Parameter().Split(template.TrimEnd('/')).Select(Regex.Escape))}/?$", RegexOptions.CultureInvariant);

    [GeneratedRegex("{[^}]+}")]
    private static partial Regex Parameter();

    private sealed record Operation(HttpMethod Method, Regex Path, string Template, Dictionary<int, Dictionary<string, Lazy<JsonSchema>>> Responses);
}

/// <summary>Checks each response against the OpenAPI document, once that has been read.</summary>
internal sealed class ResponseContractHandler(Func<ResponseContract?> contract) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (contract() is { } described)
        {
            await described.CheckAsync(request, response);
        }

        return response;
    }
}
