using System.Buffers;
using System.Text.Json;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Text;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>Writes a request as the log's JSON, into memory of its own that it uses again.</summary>
internal sealed class RequestLogLine : IDisposable
{
    private const string NoRoute = "(none)";

    private readonly ArrayBufferWriter<byte> _bytes = new(512);
    private readonly Utf8JsonWriter _json;

    public RequestLogLine() => _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { SkipValidation = true }); // the serializer's output is valid

    /// <summary>The JSON of a request, until the next is written.</summary>
    public ReadOnlySpan<byte> Write(GatewayRequestContext request)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        JsonSerializer.Serialize(_json, Describe(request), ApiRequestJson.Default.ApiRequest);
        return _bytes.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private static ApiRequest Describe(GatewayRequestContext request) => new()
    {
        Id = Guid.CreateVersion7(request.Timestamp),
        RequestId = request.RequestId,
        Timestamp = request.Timestamp,
        Method = request.Method,
        Route = request.Route ?? NoRoute,
        Path = Kept(request.Path, ApiRequest.LongestPath)!,
        StatusCode = request.StatusCode,
        LatencyMs = Math.Round(request.Latency.TotalMilliseconds, 3),
        Consumer = request.Consumer,
        ClientIp = request.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : request.Address?.ToString(),
        UserAgent = Kept(request.UserAgent, ApiRequest.LongestUserAgent),
        TraceId = request.Activity?.TraceId.ToHexString(),
        RequestBytes = request.RequestBytes,
        ResponseBytes = request.ResponseBytes,
        Cache = request.Cache,
    };

    // What is cut off is not stored, and would wait in the memory of the gateway.
    private static string? Kept(string? text, int longest) => text is null ? null : CodePoints.Truncate(text, longest);
}
