using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using StoryPortal.Tests.Documentation;

namespace StoryPortal.Tests.Fuzz;

/// <summary>Requests of every operation that the API describes, from such as an honest client sends to such as nobody should.</summary>
internal sealed partial class FuzzRequests
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];
    private static readonly string[] MediaTypes =
        ["application/json", "application/x-ndjson", "application/merge-patch+json", "application/json; charset=utf-16", "text/plain", "multipart/form-data", "application/xml", "json", ";;;"];
    private static readonly string[] Encodings = ["gzip", "br", "deflate", "zstd", "identity", "gzip, gzip", "x"];

    // Headers that mean something to some part of the product, with what may be in them.
    private static readonly string[] Known =
    [
        "Accept", "Accept-Encoding", "Cache-Control", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "Last-Event-ID", "Origin", "Range", "traceparent", "tracestate",
        "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-HTTP-Method-Override", "X-Original-URL", "X-Request-Id", "Baggage", "Cookie", "Expect-CT",
    ];

    private readonly JsonDocuments _json;
    private readonly string[] _words;
    private readonly ApiOperation _batch;
    private readonly IReadOnlyList<ApiOperation> _others;

    public FuzzRequests(ApiDescription api)
    {
        _json = new JsonDocuments(api);
        _words = [.. api.Words, .. OddTexts.Names];
        _batch = api.Operations.Single(operation => operation.Path == "/v1/batch");
        _others = [.. api.Operations.Where(operation => operation != _batch)];
        All = Gen.OneOf([.. api.Operations.Select(Of)]);
    }

    /// <summary>A request of any operation.</summary>
    public Gen<FuzzRequest> All { get; }

    private Gen<FuzzRequest> Of(ApiOperation operation) => Gen.Select(
        Gen.Frequency((40, Gen.Const(operation.Method.Method)), (1, OddTexts.Of(Methods))),
        Address(operation),
        Headers(operation),
        Body(operation),
        (method, address, headers, body) => new FuzzRequest(operation.ToString(), method, address, [.. body.Headers, .. headers], method is "GET" or "HEAD" ? null : body.Bytes));

    private Gen<string> Address(ApiOperation operation)
    {
        var path = PathPart().Matches(operation.Path).Aggregate(Gen.Const(""), (text, part) => Gen.Select(text, Segment(operation, part.Value), (before, segment) => $"{before}/{segment}"));
        var query = operation.Parameters.Where(parameter => parameter.In == "query")
            .Aggregate(Gen.Const(""), (text, parameter) => Gen.Select(text, Parameter(parameter), (before, one) => before + one));
        return Gen.Select(
            Gen.Frequency((4, Gen.Const("")), (1, Gen.Const("/api"))),
            path,
            Gen.Frequency((30, Gen.Const("")), (1, OddTexts.Of(["/", "//", "/.", "/..%2f", "%20", ";v=1", "/extra", "%", "%2", "%zz"]))),
            query,
            Gen.Frequency((15, Gen.Const("")), (1, Odd.Select(text => $"&nobody_knows={text}")), (1, OddTexts.Of(["&", "&&=", "&=1", "&limit", "&limit=1&limit=2", "&%00=1", "&a[]=1"]))),
            (prefix, path, end, query, more) => $"{prefix}{path}{end}{(query.Length + more.Length == 0 ? "" : $"?{(query + more).TrimStart('&')}")}");
    }

    private Gen<string> Segment(ApiOperation operation, string part)
    {
        if (part[0] != '{')
        {
            return Gen.Const(part);
        }

        var schema = operation.Parameters.First(parameter => parameter.In == "path" && parameter.Name == part[1..^1]).Schema;
        var isId = schema.TryGetProperty("format", out var format) && format.GetString() == "uuid";

        // U+0000 in a path is no HTTP: the server refuses the line itself, before the product sees it.
        return Gen.Frequency((8, OddTexts.Of(isId ? OddTexts.Ids : OddTexts.Names)), (2, Odd.Where(text => text.Length > 0 && !text.Contains("%00", StringComparison.Ordinal))));
    }

    // Nothing, or "&name=value", or the same twice.
    private Gen<string> Parameter(ApiParameter parameter)
    {
        // How long to wait for a change that does not come, or to look at a process.
        Gen<string> value = parameter.Name == "wait" ? OddTexts.Of(["0", "-1", "61", "x"])
            : parameter.Name == "seconds" ? OddTexts.Of(["1", "0", "61", "x"])
            : Gen.Frequency((6, _json.Of(parameter.Schema, 0, 0).Select(Plain)), (2, parameter.Name.Contains("cursor", StringComparison.Ordinal) ? OddTexts.Cursor : OddTexts.Of(_words)), (2, OddTexts.Any(_words)));
        var one = value.Select(text => $"&{parameter.Name}={OddTexts.Encoded(text)}");
        return parameter.Name is "wait" or "seconds" ? one : Gen.Frequency((75, Gen.Const("")), (24, one), (1, Gen.Select(one, one, (first, second) => first + second)));
    }

    private Gen<(string, string)[]> Headers(ApiOperation operation)
    {
        string[] names = [.. Known, .. operation.Parameters.Where(parameter => parameter.In == "header").Select(parameter => parameter.Name)];
        var value = Gen.Frequency(
            (3, OddTexts.Of(["*/*", "application/json", "application/x-ndjson", "text/event-stream", "text/html;q=0", "bytes=0-1", "no-cache", "\"x\", W/\"y\", *", "gzip;q=2", "once", "00-0-0-00"])),
            (2, OddTexts.Any(_words).Select(Header)));
        return Gen.Select(OddTexts.Of(names), value).Array[0, 3];
    }

    private Gen<(byte[]? Bytes, (string, string)[] Headers)> Body(ApiOperation operation)
    {
        if (operation.Bodies.Count == 0)
        {
            return Gen.Const(((byte[]?)null, Array.Empty<(string, string)>()));
        }

        return Gen.OneOf([.. operation.Bodies.Select(body => Gen.Select(
            operation == _batch ? Gen.OneOf(Batch(), _json.BodyOf(body)) : _json.BodyOf(body),
            Gen.Frequency((30, Gen.Const(body.ContentType)), (1, OddTexts.Of(MediaTypes))),
            Gen.Frequency((15, Gen.Const("")), (1, OddTexts.Of(Encodings))),
            Gen.Bool,
            (bytes, type, encoding, honest) => ((byte[]?)(honest ? Compressed(bytes, encoding) : bytes),
                encoding.Length == 0 ? new[] { ("Content-Type", type) } : [("Content-Type", type), ("Content-Encoding", encoding)])))]);
    }

    // Requests of the others, whatever they are, in one.
    private Gen<byte[]> Batch() => OddTexts.Of(_others).SelectMany(operation => Gen.Select(Address(operation), Body(operation), (address, body) =>
    {
        var isJson = body.Bytes is not null && IsJson(body.Bytes);
        var text = body.Bytes is null ? "" : isJson ? $",\"body\":{Encoding.UTF8.GetString(body.Bytes)}" : $",\"body\":{OddTexts.Json(Encoding.Latin1.GetString(body.Bytes))}";
        return $"{{\"method\":\"{operation.Method}\",\"path\":{OddTexts.Json(address)}{text}}}";
    })).Array[0, 5].Select(items => Encoding.UTF8.GetBytes($"[{string.Join(',', items)}]"));

    private Gen<string> Odd => OddTexts.Any(_words).Select(OddTexts.Encoded);

    // What a header may hold at all: a client sends nothing else.
    private static string Header(string text) => new([.. text.Where(c => c is >= ' ' and <= '~')]);

    private static string Plain(string json) => json.StartsWith('"') && IsJson(Encoding.UTF8.GetBytes(json)) ? Unescaped(json) : json;

    private static string Unescaped(string json)
    {
        try
        {
            return JsonElement.Parse(json).GetString()!;
        }
        catch (InvalidOperationException) // half of a surrogate pair
        {
            return "\ud800";
        }
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            JsonElement.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Compressed(byte[] bytes, string encoding)
    {
        using var compressed = new MemoryStream();
        using (var compressor = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            _ => (Stream?)null,
        })
        {
            if (compressor is null)
            {
                return bytes;
            }

            compressor.Write(bytes);
        }

        return compressed.ToArray();
    }

    [GeneratedRegex("[^/]+")]
    private static partial Regex PathPart();
}
