using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Services;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>
/// Sends the requests of a batch through the hub's own pipeline, without a socket: whatever holds for a request of its own holds for them too.
/// They come from no port, so that nothing that is bound to one is open to them.
/// </summary>
internal sealed class InnerRequests(IServiceScopeFactory scopes, IEnumerable<IExceptionHandler> handlers, IMeterFactory meters)
{
    // The server's own instrument, of which there is one under this name: the requests of a batch count as any others.
    private readonly Histogram<double> _duration = meters.Create("Microsoft.AspNetCore.Hosting").CreateHistogram(
        "http.server.request.duration", unit: "s", "Duration of HTTP server requests.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });

    /// <summary>The pipeline, from its first part on.</summary>
    public RequestDelegate? Pipeline { get; set; }

    /// <summary>A request for the caller of <paramref name="batch"/>. For one thread at a time, as contexts are: no call reads that one again.</summary>
    public static InnerCall CallOf(JsonElement item, HttpContext batch, AnswerBudget budget)
    {
        var answer = new AnswerBuffer(budget);
        return new InnerCall(item, ContextFor(batch, answer), answer);
    }

    /// <summary>Sends one. Never fails: what is wrong with it is in its result.</summary>
    public async Task<BatchResult> RunAsync(InnerCall call)
    {
        var (item, context, answer) = call;
        await using var scope = scopes.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        var start = Stopwatch.GetTimestamp();
        var id = IdOf(item);
        var method = HttpMethods.Get;
        try
        {
            var request = InnerRequest.Of(Read(item));
            method = request.Method;
            Fill(context, request);
            await Pipeline!(context);
            await context.Response.CompleteAsync();
        }
        catch (InputException exception)
        {
            await RefuseAsync(context, exception);
        }

        if (answer.Refusal is not null)
        {
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer)); // the first may hold what was not taken
            await RefuseAsync(context, answer.Refusal);
        }

        Measure(context, method, Stopwatch.GetElapsedTime(start));
        return new BatchResult(id, context.Response.StatusCode, HeadersOf(context.Response), BodyOf(context.Response, answer, method))
        {
            ChangesServices = ChangesServices(context),
        };
    }

    private static JsonElement? IdOf(JsonElement item)
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var given) && InnerRequest.IsId(given) ? given.Clone() : null;
        }
        catch (InvalidOperationException) // another name has half of a surrogate pair, which whoever reads the item will say
        {
            return null;
        }
    }

    private static BatchItem Read(JsonElement item)
    {
        try
        {
            return item.Deserialize(BatchJson.Contracts.BatchItem) ?? throw new InputException("request", "is null.");
        }
        catch (JsonException exception)
        {
            var (field, message) = JsonErrors.Describe(exception);
            throw new InputException(field, message);
        }
    }

    private static DefaultHttpContext ContextFor(HttpContext batch, AnswerBuffer answer)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Protocol = batch.Request.Protocol, Scheme = batch.Request.Scheme });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { ConnectionId = batch.Connection.Id, RemoteIpAddress = batch.Connection.RemoteIpAddress });
        features.Set(new BatchPart());
        return new DefaultHttpContext(features)
        {
            RequestAborted = batch.RequestAborted,
            TraceIdentifier = batch.TraceIdentifier,
            Request = { Host = batch.Request.Host },
            User = batch.User, // authorized as the batch's caller; the credential itself is not part of the request
        };
    }

    private static void Fill(DefaultHttpContext context, InnerRequest sent)
    {
        var request = context.Request;
        request.Method = sent.Method;
        request.Path = sent.Path;
        request.QueryString = sent.Query;
        foreach (var (name, value) in sent.Headers)
        {
            request.Headers[name] = value;
        }

        request.Body = new MemoryStream(sent.Body, writable: false);
        request.ContentLength = sent.Body.Length;
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(sent.Body.Length > 0));
        context.Features.Set<IHttpMaxRequestBodySizeFeature>(new BodyLimit(sent.Body.Length));
    }

    private async Task RefuseAsync(DefaultHttpContext context, Exception exception)
    {
        context.Response.Clear();
        foreach (var handler in handlers)
        {
            if (await handler.TryHandleAsync(context, exception, context.RequestAborted))
            {
                break;
            }
        }

        await context.Response.CompleteAsync();
    }

    private void Measure(HttpContext context, string method, TimeSpan duration) => _duration.Record(
        duration.TotalSeconds,
        new TagList
        {
            { "url.scheme", context.Request.Scheme },
            { "http.request.method", method },
            { RequestTags.Status, context.Response.StatusCode },
            { RequestTags.Method, RequestTags.GetMethod(method) },
            { RequestTags.Endpoint, RouteTemplate.Of(context) ?? RequestTags.Unmatched },
        });

    private static Endpoint? EndpointOf(HttpContext context) => context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;

    // As the gateway decides of a request of its own: of a failure nobody knows what it did before.
    private static bool ChangesServices(HttpContext context) =>
        EndpointOf(context)?.Metadata.GetMetadata<ChangesServices>() is not null
        && context.Response.StatusCode is < 400 or >= 500
        && context.Response.Headers[ChangeHeader.Name] != ChangeHeader.None;

    private static Dictionary<string, string> HeadersOf(HttpResponse response) =>
        response.Headers.Where(header => header.Value.Count > 0 && header.Key != ChangeHeader.Name).ToDictionary(header => header.Key, header => header.Value.ToString());

    private static RawJson? BodyOf(HttpResponse response, AnswerBuffer answer, string method)
    {
        if (answer.Length == 0 || HttpMethods.IsHead(method))
        {
            return null;
        }

        var utf8 = answer.GetBuffer().AsMemory(0, (int)answer.Length);
        return response.ContentType?.Split(';')[0] is JsonBody.ContentType or "application/problem+json"
            ? new RawJson(utf8)
            : new RawJson(JsonSerializer.SerializeToUtf8Bytes(System.Text.Encoding.UTF8.GetString(utf8.Span), BatchJson.Contracts.String));
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;

    // Routing says how much the endpoint takes; how much there is is known already.
    private sealed class BodyLimit(int length) : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize
        {
            get;
            set
            {
                field = value;
                if (length > value)
                {
                    throw new BadHttpRequestException("Request body too large.", StatusCodes.Status413PayloadTooLarge);
                }
            }
        }
    }
}
