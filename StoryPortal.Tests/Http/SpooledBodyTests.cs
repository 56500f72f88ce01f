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
    public async Task Every_byte_is_there(int length, long? claimed)
    {
        var sent = new byte[length];
        Random.Shared.NextBytes(sent);
        await _pipe.Writer.WriteAsync(sent);
        await _pipe.Writer.CompleteAsync();

        var request = Request(claimed);
        await using var body = await SpooledBody.ReceiveAsync(request, new BatchOptions(), CancellationToken.None);
        using var read = new MemoryStream();
        await request.Body.CopyToAsync(read);
        Assert.Equal(sent, read.ToArray());
    }

    [Fact]
    public async Task A_body_that_stands_still_is_refused()
    {
        await _pipe.Writer.WriteAsync(new byte[10_000]);
        var options = new BatchOptions { GracePeriod = TimeSpan.FromMilliseconds(100), MinBytesPerSecond = 1_000_000 };
        var refused = await Assert.ThrowsAsync<BadHttpRequestException>(
            () => SpooledBody.ReceiveAsync(Request(1_000_000), options, CancellationToken.None));
        Assert.Equal(StatusCodes.Status408RequestTimeout, refused.StatusCode);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_not_whole()
    {
        await _pipe.Writer.WriteAsync(new byte[10_000]);
        await _pipe.Writer.CompleteAsync(new IOException("The client reset the request stream."));
        await Assert.ThrowsAsync<InputException>(() => SpooledBody.ReceiveAsync(Request(null), new BatchOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task A_client_that_leaves_is_no_slow_one()
    {
        using var left = new CancellationTokenSource();
        var receiving = SpooledBody.ReceiveAsync(Request(null), new BatchOptions(), left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
    }

    private HttpRequest Request(long? claimed)
    {
        var request = new DefaultHttpContext().Request;
        request.Body = _pipe.Reader.AsStream();
        request.ContentLength = claimed;
        return request;
    }
}
