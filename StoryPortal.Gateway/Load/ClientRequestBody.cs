namespace StoryPortal.Gateway.Load;

/// <summary>
/// A request body of which a hub has the first bytes: while it waits for its client the request is a transfer, and the client has to send
/// at the minimum data rate.
/// </summary>
internal sealed class ClientRequestBody(Stream inner, RequestSlot slot, ClientTimeout timeout) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Reads what the client has sent.</summary>
    /// <exception cref="BadHttpRequestException">The client sends too slowly, or its chunks are malformed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var reading = inner.ReadAsync(buffer, cancellationToken);
            var read = reading.IsCompleted ? await reading : await WaitAsync(reading);
            timeout.Add(read);
            return read;
        }
        catch (Exception exception) when (RequestBodyErrors.Find(exception, timeout.IsExpired) is { } refused)
        {
            throw refused;
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask<int> WaitAsync(ValueTask<int> reading)
    {
        slot.TryBeginTransfer();
        timeout.Begin();
        try
        {
            return await reading;
        }
        finally
        {
            timeout.End();
        }
    }
}
