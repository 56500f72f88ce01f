using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>A body is read whole, whatever its length claims, or refused.</summary>
public sealed class RequestBodyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10_000, null)]
    [InlineData(10_000, 10_000)]
    [InlineData(1_000_000, null)]
    [InlineData(1_000_000, 1_000_000)]
    [InlineData(262_143, 262_143)]
    [InlineData(262_144, 262_144)]
    [InlineData(4096, BodyLimits.Batch)]
    public async Task Every_byte_arrives(int length, int? claimed)
    {
        var sent = new byte[length];
        Random.Shared.NextBytes(sent);

        using var body = await RequestBody.ReadAsync(Request(PipeReader.Create(new ReadOnlySequence<byte>(sent)), claimed), CancellationToken.None);

        Assert.Equal(sent, body.Utf8.ToArray());
    }

    [Fact]
    public async Task A_caller_who_leaves_in_the_middle_is_refused_and_not_an_error_of_ours()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("{\"type\": \"cut-off\"}\n"u8.ToArray());
        await pipe.Writer.CompleteAsync(new IOException("The client reset the request stream."));

        var refusal = await Assert.ThrowsAsync<InputException>(async () => await RequestBody.ReadAsync(Request(pipe.Reader, 30_000_000), CancellationToken.None));
        Assert.Equal("body", Assert.Single(refusal.Errors).Key);
    }

    [Fact]
    public async Task A_body_over_the_limit_stays_413()
    {
        var pipe = new Pipe();
        await pipe.Writer.CompleteAsync(new BadHttpRequestException("Request body too large.", StatusCodes.Status413PayloadTooLarge));

        var refusal = await Assert.ThrowsAsync<BadHttpRequestException>(async () => await RequestBody.ReadAsync(Request(pipe.Reader, null), CancellationToken.None));
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, refusal.StatusCode);
    }

    private static HttpRequest Request(PipeReader body, int? claimed)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = body.AsStream();
        context.Request.ContentLength = claimed;
        return context.Request;
    }
}
