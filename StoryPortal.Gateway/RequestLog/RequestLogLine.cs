using System.Buffers;
using System.Text.Json;
using StoryPortal.Gateway.Exchanges;
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
    public ReadOnlySpan<byte> Write(Exchange exchange)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        JsonSerializer.Serialize(_json, Describe(exchange), ApiRequestJson.Default.ApiRequest);
        return _bytes.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private static ApiRequest Describe(Exchange exchange) => new()
    {
        Id = Guid.CreateVersion7(exchange.Timestamp),
        RequestId = exchange.RequestId,
        Timestamp = exchange.Timestamp,
        Method = exchange.Method,
        Route = exchange.Route ?? NoRoute,
        Path = Kept(exchange.Path, ApiRequest.LongestPath)!,
        StatusCode = exchange.StatusCode,
        LatencyMs = Math.Round(exchange.Latency.TotalMilliseconds, 3),
        Consumer = exchange.Consumer,
        ClientIp = exchange.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : exchange.Address?.ToString(),
        UserAgent = Kept(exchange.UserAgent, ApiRequest.LongestUserAgent),
        TraceId = exchange.Activity?.TraceId.ToHexString(),
        RequestBytes = exchange.RequestBytes,
        ResponseBytes = exchange.ResponseBytes,
        Cache = exchange.Cache,
    };

    // What is cut off is not stored, and would wait in the memory of the gateway.
    private static string? Kept(string? text, int longest) => text is null ? null : CodePoints.Truncate(text, longest);
}
