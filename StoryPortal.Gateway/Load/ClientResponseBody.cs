using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// A response body. While a write waits for the client, the request is a transfer, and over HTTP/2 the client has to read at Kestrel's
/// minimum data rate. ASP.NET Core has no feature that reports such a wait.
/// </summary>
internal sealed class ClientResponseBody(
    HttpContext context, IHttpResponseBodyFeature inner, RequestSlot slot, MinDataRate? minDataRate, TimeProvider time)
    : Stream, IHttpResponseBodyFeature
{
    private ClientTimeout? _timeout;
    private ClientResponseWriter? _writer;
    private long _bytes;

    /// <inheritdoc/>
    Stream IHttpResponseBodyFeature.Stream => this;

    /// <inheritdoc/>
    public PipeWriter Writer => _writer ??= new ClientResponseWriter(inner.Writer, this);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public void DisableBuffering() => inner.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        slot.OnResponse();
        return inner.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(this, path, offset, count, cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => WaitAsync(inner.CompleteAsync());

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        slot.OnResponse();
        _bytes += buffer.Length;
        var write = inner.Stream.WriteAsync(buffer, cancellationToken);
        return write.IsCompleted ? write : new(WaitAsync(write.AsTask()));
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        slot.OnResponse();
        return WaitAsync(inner.Stream.FlushAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => inner.Stream.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush() => inner.Stream.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _timeout?.Dispose(); // the stream within belongs to the server
        base.Dispose(disposing);
    }

    private Task WaitAsync(Task write) => write.IsCompleted ? write : TimeAsync(write);

    private async Task TimeAsync(Task write)
    {
        var timeout = BeginWait();
        try
        {
            await write;
        }
        finally
        {
            timeout?.End();
        }
    }

    private async ValueTask<FlushResult> TimeAsync(ValueTask<FlushResult> flush)
    {
        var timeout = BeginWait();
        try
        {
            return await flush;
        }
        finally
        {
            timeout?.End();
        }
    }

    // Kestrel times a response over HTTP/1.1 itself.
    private ClientTimeout? BeginWait()
    {
        slot.TryBeginTransfer();
        if (minDataRate is null || !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return null;
        }

        _timeout ??= new ClientTimeout(minDataRate, time, context.Abort);
        _timeout.Add(_bytes);
        _bytes = 0;
        _timeout.Begin();
        return _timeout;
    }

    private sealed class ClientResponseWriter(PipeWriter inner, ClientResponseBody body) : PipeWriter
    {
        /// <inheritdoc/>
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        /// <inheritdoc/>
        public override long UnflushedBytes => inner.UnflushedBytes;

        /// <inheritdoc/>
        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        /// <inheritdoc/>
        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        /// <inheritdoc/>
        public override void Advance(int bytes)
        {
            body._bytes += bytes;
            inner.Advance(bytes);
        }

        /// <inheritdoc/>
        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            body.OnFlush(0);
            return Await(inner.FlushAsync(cancellationToken));
        }

        /// <inheritdoc/>
        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            body.OnFlush(source.Length);
            return Await(inner.WriteAsync(source, cancellationToken));
        }

        /// <inheritdoc/>
        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        /// <inheritdoc/>
        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        /// <inheritdoc/>
        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        private ValueTask<FlushResult> Await(ValueTask<FlushResult> flush) => flush.IsCompleted ? flush : body.TimeAsync(flush);
    }

    private void OnFlush(int bytes)
    {
        slot.OnResponse();
        _bytes += bytes;
    }
}
