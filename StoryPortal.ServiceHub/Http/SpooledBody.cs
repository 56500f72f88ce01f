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
    private const int MaxError = 4095; // an exception of the temporary file has the number of Linux's error

    // Readable by this process's user alone.
    private static readonly Lazy<string> Folder = new(() => Directory.CreateTempSubdirectory("storyportal-batches-").FullName);

    /// <summary>
    /// Puts the received body in place of the request's: in memory, beyond 1 MiB in a temporary file. Its content coding stays. Null: the caller
    /// of <paramref name="share"/> has its share of bytes.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body arrives too slowly, or is too large or malformed.</exception>
    /// <exception cref="InputException">The body is not whole.</exception>
    /// <exception cref="WriteQueueFullException">There is no room for the temporary file.</exception>
    public static async Task<IAsyncDisposable?> ReceiveAsync(
        HttpRequest request, BatchShares.Share share, BatchOptions options, CancellationToken cancellationToken)
    {
        var inMemory = (int)Math.Clamp(request.ContentLength ?? InMemoryWithoutLength, 1, MaxInMemory);
        var spooled = new FileBufferingReadStream(request.Body, inMemory, bufferLimit: null, () => Folder.Value);
        using var expired = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        var started = Stopwatch.GetTimestamp();
        var (chunkStarted, chunkEnd, counted) = (started, (long)ChunkSize, 0L);
        try
        {
            int read;
            do
            {
                if (counted < spooled.Length + ChunkSize)
                {
                    if (!share.TryAdd(ChunkSize))
                    {
                        await spooled.DisposeAsync();
                        return null;
                    }

                    counted += ChunkSize;
                }

                // What arrived early gives no time to what stalls later: each 64 KiB has to arrive at the rate.
                if (spooled.Length >= chunkEnd)
                {
                    (chunkStarted, chunkEnd) = (Stopwatch.GetTimestamp(), spooled.Length + ChunkSize);
                }

                var left = TimeOf(spooled.Length) - Stopwatch.GetElapsedTime(started);
                var leftOfChunk = TimeOf(ChunkSize) - Stopwatch.GetElapsedTime(chunkStarted);
                left = left < leftOfChunk ? left : leftOfChunk;
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

        TimeSpan TimeOf(long bytes) => options.GracePeriod + TimeSpan.FromSeconds((double)bytes / options.MinBytesPerSecond);
    }

    private static Exception? Refusal(Exception exception, bool isExpired) => exception switch
    {
        OperationCanceledException when isExpired =>
            new BadHttpRequestException("The body arrives too slowly.", StatusCodes.Status408RequestTimeout, exception),
        UnauthorizedAccessException or DirectoryNotFoundException or IOException { HResult: > 0 and <= MaxError } =>
            new WriteQueueFullException("received batches"),
        _ => RequestBody.Refusal(exception),
    };
}
