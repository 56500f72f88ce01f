using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.WebUtilities;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Receives the whole body of a request before the request takes what others wait for.</summary>
internal static class SpooledBody
{
    private const int ChunkSize = 64 * 1024;
    private const int MaxInMemory = 1024 * 1024; // the framework's largest pooled buffer
    private const int InMemoryWithoutLength = 256 * 1024;
    private const int NoSpaceLeft = 28; // ENOSPC, of the temporary file

    /// <summary>
    /// Puts the received body in place of the request's: in memory, beyond 1 MiB in a temporary file. Its content coding stays.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body arrives too slowly, or is too large or malformed.</exception>
    /// <exception cref="InputException">The body is not whole.</exception>
    /// <exception cref="WriteQueueFullException">There is no room for the temporary file.</exception>
    public static async Task<IAsyncDisposable> ReceiveAsync(HttpRequest request, BatchOptions options, CancellationToken cancellationToken)
    {
        var inMemory = (int)Math.Clamp(request.ContentLength ?? InMemoryWithoutLength, 1, MaxInMemory);
        var spooled = new FileBufferingReadStream(request.Body, inMemory);
        using var expired = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        var started = Stopwatch.GetTimestamp();
        try
        {
            int read;
            do
            {
                var time = options.GracePeriod + TimeSpan.FromSeconds((double)spooled.Length / options.MinBytesPerSecond);
                var left = time - Stopwatch.GetElapsedTime(started);
                expired.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                read = await spooled.ReadAsync(buffer, expired.Token);
            }
            while (read > 0);

            spooled.Position = 0;
            request.Body = spooled;
            return spooled;
        }
        catch (Exception exception)
        {
            await spooled.DisposeAsync();
            if (Refusal(exception, isExpired: expired.IsCancellationRequested && !cancellationToken.IsCancellationRequested) is { } refusal)
            {
                throw refusal;
            }

            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Exception? Refusal(Exception exception, bool isExpired) => exception switch
    {
        OperationCanceledException when isExpired =>
            new BadHttpRequestException("The body arrives too slowly.", StatusCodes.Status408RequestTimeout, exception),
        IOException { HResult: NoSpaceLeft } => new WriteQueueFullException("received batches"),
        _ => RequestBody.Refusal(exception),
    };
}
