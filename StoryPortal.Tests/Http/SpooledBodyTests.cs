using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>A body is received whole before its batch takes a turn.</summary>
public sealed class SpooledBodyTests
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));

    [Theory]
    [InlineData(0, null)]
    [InlineData(10, 10L)]
    [InlineData(300_000, null)]
    [InlineData(3_000_000, null)]
    [InlineData(3_000_000, 3_000_000L)]
    public async Task The_whole_body_is_received(int length, long? claimed)
    {
        var sent = new byte[length];
        Random.Shared.NextBytes(sent);
        await _pipe.Writer.WriteAsync(sent);
        await _pipe.Writer.CompleteAsync();

        var request = Request(claimed);
        await using var body = await SpooledBody.ReceiveAsync(request, Share(), new BatchOptions(), CancellationToken.None);
        using var read = new MemoryStream();
        await request.Body.CopyToAsync(read);
        Assert.Equal(sent, read.ToArray());
    }

    [Fact]
    public async Task A_body_that_stalls_is_refused()
    {
        await _pipe.Writer.WriteAsync(new byte[10_000]);
        var options = new BatchOptions { GracePeriod = TimeSpan.FromMilliseconds(100), MinBytesPerSecond = 1_000_000 };
        var refused = await Assert.ThrowsAsync<BadHttpRequestException>(
            () => SpooledBody.ReceiveAsync(Request(1_000_000), Share(), options, CancellationToken.None));
        Assert.Equal(StatusCodes.Status408RequestTimeout, refused.StatusCode);
    }

    [Fact]
    public async Task A_body_that_arrived_fast_has_no_more_time_to_stall()
    {
        await _pipe.Writer.WriteAsync(new byte[20 * 1024 * 1024]); // at this rate it may take five minutes
        var options = new BatchOptions { GracePeriod = TimeSpan.FromMilliseconds(100), MinBytesPerSecond = 64 * 1024 };
        var receiving = SpooledBody.ReceiveAsync(Request(null), Share(), options, CancellationToken.None);
        var refused = await Assert.ThrowsAsync<BadHttpRequestException>(() => receiving.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(StatusCodes.Status408RequestTimeout, refused.StatusCode);
    }

    [Fact]
    public async Task A_body_beyond_the_share_of_its_caller_is_refused()
    {
        await _pipe.Writer.WriteAsync(new byte[3_000_000]);
        await _pipe.Writer.CompleteAsync();
        Assert.Null(await SpooledBody.ReceiveAsync(Request(null), Share(maxBytes: 4_000_000), new BatchOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_not_whole()
    {
        await _pipe.Writer.WriteAsync(new byte[10_000]);
        await _pipe.Writer.CompleteAsync(new IOException("The client reset the request stream."));
        await Assert.ThrowsAsync<InputException>(() => SpooledBody.ReceiveAsync(Request(null), Share(), new BatchOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task A_client_that_disconnects_gets_no_408()
    {
        using var left = new CancellationTokenSource();
        var receiving = SpooledBody.ReceiveAsync(Request(null), Share(), new BatchOptions(), left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
    }

    private static BatchShares.Share Share(long maxBytes = 100_000_000) => new BatchShares(2, maxBytes).TryAcquire("a")!;

    private HttpRequest Request(long? claimed)
    {
        var request = new DefaultHttpContext().Request;
        request.Body = _pipe.Reader.AsStream();
        request.ContentLength = claimed;
        return request;
    }
}
