using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace StoryPortal.Tests.Telemetry;

/// <summary>An OpenTelemetry collector in this process: takes OTLP over HTTP and keeps spans and log records.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Collector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public ConcurrentBag<Span> Spans { get; } = [];

    public ConcurrentBag<LogRecord> Logs { get; } = [];

    /// <summary>Everything that it was sent, as it came.</summary>
    public ConcurrentBag<byte[]> Received { get; } = [];

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var collector = new Collector(app);
        app.MapPost("/v1/traces", request => collector.TakeAsync(request, collector.TakeSpans));
        app.MapPost("/v1/logs", request => collector.TakeAsync(request, collector.TakeLogs));
        app.MapPost("/v1/metrics", request => collector.TakeAsync(request, _ => { }));
        await app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<ReadOnlyMemory<byte>> take)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Received.Add(body.ToArray());
        take(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }

    // ExportTraceServiceRequest: 1 resource spans (1 resource, 2 scope spans (1 scope, 2 spans)).
    private void TakeSpans(ReadOnlyMemory<byte> request) => Take(request, (service, scope, span) => Spans.Add(new Span(
        service, scope, Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4))));

    // ExportLogsServiceRequest is made in the same way; the body of a record is 5, a string is 1 of it.
    private void TakeLogs(ReadOnlyMemory<byte> request) => Take(request, (service, scope, record) => Logs.Add(new LogRecord(
        service, scope, Fields(record, 5).Select(body => Text(body, 1)).FirstOrDefault(""), Hex(record, 9))));

    private static void Take(ReadOnlyMemory<byte> request, Action<string, string, ReadOnlyMemory<byte>> take)
    {
        foreach (var resource in Fields(request, 1))
        {
            // A resource's attributes: 1 of it, each with its key in 1 and its value in 2, of which 1 is a string.
            var service = Fields(resource, 1).SelectMany(described => Fields(described, 1))
                .Where(attribute => Text(attribute, 1) == "service.name").SelectMany(attribute => Fields(attribute, 2)).Select(value => Text(value, 1)).FirstOrDefault("");
            foreach (var scope in Fields(resource, 2))
            {
                var name = Fields(scope, 1).Select(described => Text(described, 1)).FirstOrDefault("");
                foreach (var item in Fields(scope, 2))
                {
                    take(service, name, item);
                }
            }
        }
    }

    private static string Text(ReadOnlyMemory<byte> message, int field) => Encoding.UTF8.GetString(Fields(message, field).FirstOrDefault().Span);

    private static string Hex(ReadOnlyMemory<byte> message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault().Span);

    // The fields of that number that have a length: messages, strings and bytes.
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int wanted)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(ref at);
            switch (key & 7)
            {
                case 0:
                    Varint(ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var length = (int)Varint(ref at);
                    if (key >> 3 == (ulong)wanted)
                    {
                        found.Add(message.Slice(at, length));
                    }

                    at += length;
                    break;
            }
        }

        return found;

        ulong Varint(ref int at)
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = message.Span[at++];
                value |= (ulong)(part & 0x7f) << shift;
                if (part < 0x80)
                {
                    return value;
                }
            }
        }
    }
}

/// <summary>A span as it was sent.</summary>
internal sealed record Span(string Service, string Scope, string Name, string TraceId, string SpanId, string ParentId);

/// <summary>A log record as it was sent.</summary>
internal sealed record LogRecord(string Service, string Category, string Text, string TraceId);
