using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// The body of a response that may fill the output cache, held in memory until it is complete. ASP.NET Core's output cache writes a response to its first
/// caller while others wait for the same one: without this, a caller that reads slowly delays them all. The hub never sees the condition of a
/// conditional request, since only a whole response can be cached: the 304 is made here.
/// </summary>
internal sealed class ResponseFill : Stream
{
    private const string CacheHeader = "X-Cache";

    private static readonly StringValues HitLabel = "HIT";
    private static readonly StringValues MissLabel = "MISS";

    private readonly HttpContext _context;
    private readonly IHttpResponseBodyFeature _client;
    private readonly StringValues _condition;
    private MemoryStream? _body;
    private Task? _started;
    private long _length;

    private ResponseFill(HttpContext context)
    {
        _context = context;
        _client = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _condition = context.Request.Headers.IfNoneMatch;
    }

    /// <summary>Whether the response came from the cache.</summary>
    public bool IsHit { get; private set; }

    /// <summary>Whether the caller gets 304 for the response, which is 200 for the cache.</summary>
    public bool IsNotModified { get; private set; }

    /// <summary>Bytes of the body.</summary>
    public override long Length => _length;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <summary>The fill of a request, or null where the response is not cached.</summary>
    public static ResponseFill? Get(HttpContext context) => context.Features.Get<ResponseFill>();

    /// <summary>Holds the response of a request from here on.</summary>
    public static void Begin(HttpContext context)
    {
        var fill = new ResponseFill(context);
        context.Features.Set(fill);
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(fill, fill._client));
        context.Request.Headers.IfNoneMatch = default;
        context.Response.OnStarting(
            static fill =>
            {
                ((ResponseFill)fill).WriteHeader();
                return Task.CompletedTask;
            },
            fill);
    }

    /// <summary>Lets the response through: it comes from the cache.</summary>
    public void Hit()
    {
        IsHit = true;
        _context.Response.Headers[CacheHeader] = HitLabel; // a 304 is logged before it starts
        Restore();
    }

    /// <summary>Gives the request its own body and condition back.</summary>
    public void Restore()
    {
        _context.Features.Set(_client);
        _context.Request.Headers.IfNoneMatch = _condition;
    }

    /// <summary>Sends the body to the caller.</summary>
    public async Task SendAsync()
    {
        if (_started is not null)
        {
            await _started;
        }

        if (_body is not null)
        {
            await _client.Writer.WriteAsync(_body.GetBuffer().AsMemory(0, (int)_body.Length), CancellationToken.None); // the server knows when a caller has left
        }
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // The status and headers start with the first byte, so that the proxy takes a hub that fails later for what it is and does not repeat the request.
        _started ??= StartAsync();
        _length += buffer.Length;
        if (!IsNotModified)
        {
            (_body ??= new MemoryStream()).Write(buffer);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    // Not awaited by the write: a caller that reads nothing may delay even the headers.
    private Task StartAsync()
    {
        var (response, headers) = (_context.Response, _context.Response.Headers);
        IsNotModified = response.StatusCode == StatusCodes.Status200OK && Matches(_condition, headers.ETag);
        if (IsNotModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            (headers.ContentType, headers.ContentLength, headers.ContentEncoding) = (default, null, default);
        }

        return _client.StartAsync(CancellationToken.None);
    }

    // After the output cache has written the headers that it stored, the hub's X-Cache among them.
    private void WriteHeader()
    {
        var headers = _context.Response.Headers;
        if (IsHit)
        {
            headers[CacheHeader] = HitLabel;
        }
        else if (_context.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status304NotModified && !headers.ContainsKey(CacheHeader))
        {
            headers[CacheHeader] = MissLabel;
        }
    }

    private static bool Matches(StringValues condition, StringValues entityTag) =>
        condition.Count > 0 && EntityTagHeaderValue.TryParse(entityTag.ToString(), out var tag) && EntityTagHeaderValue.TryParseList(condition, out var tags)
        && tags.Any(candidate => candidate.Equals(EntityTagHeaderValue.Any) || candidate.Compare(tag, useStrongComparison: false));
}
