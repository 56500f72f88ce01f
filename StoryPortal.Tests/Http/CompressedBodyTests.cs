using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;
using StoryPortal.Tests.Documentation;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Http;

/// <summary>A compressed body counts when it is whole (RFC 1950, 1952 and 7932), and is refused otherwise: a part of it is never stored.</summary>
[Collection(SharedSystem.Name)]
public sealed class CompressedBodyTests(StoryPortalSystem system)
{
    private static readonly string[] Codings = ["gzip", "deflate", "br"];

    public static TheoryData<string> EveryCoding => [.. Codings];

    [Theory]
    [MemberData(nameof(EveryCoding))]
    public async Task A_cut_batch_is_400_and_stores_nothing(string coding)
    {
        var type = $"cut.{Guid.NewGuid():N}";
        var rows = Enumerable.Range(0, 10).Select(_ => $$"""{"type": "{{type}}"}""" + "\n").ToArray();
        var (whole, flushedAt) = Compress(coding, string.Concat(rows[..4]), string.Concat(rows[4..]));
        foreach (var length in new[] { whole.Length - 8, whole.Length - 1, flushedAt, flushedAt + 1 })
        {
            using var cut = await PostAsync("events/batch", "application/x-ndjson", coding, whole[..length]);
            Assert.Equal(["body"], await cut.ProblemAsync(HttpStatusCode.BadRequest));
        }

        using var followed = await PostAsync("events/batch", "application/x-ndjson", coding, [.. whole, 0]);
        Assert.Equal(["body"], await followed.ProblemAsync(HttpStatusCode.BadRequest));
        using var none = await system.Gateway.GetAsync(Address($"events?type={type}"));
        Assert.Empty((await none.JsonAsync()).Ids());

        using var stored = await PostAsync("events/batch", "application/x-ndjson", coding, whole);
        Assert.Equal("""{"accepted":10,"duplicates":0}""", (await stored.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_cut_body_is_400_wherever_a_body_is_taken()
    {
        foreach (var operation in (await ApiDescription.OfAsync(system.Hub)).Operations)
        {
            foreach (var body in operation.Bodies)
            {
                var text = body.ContentType == "application/x-ndjson" ? body.Example.GetString()! : body.Example.GetRawText();
                foreach (var (coding, key) in Codings.SelectMany(coding => new[] { (coding, (string?)null), (coding, Guid.NewGuid().ToString()) }))
                {
                    using var content = Content(body.ContentType, coding, Compress(coding, text, "").Whole[..^1]);
                    using var request = new HttpRequestMessage(operation.Method, new Uri("/api" + operation.Address(Guid.NewGuid().ToString()), UriKind.Relative)) { Content = content };
                    if (key is not null)
                    {
                        request.Headers.Add("Idempotency-Key", key);
                    }

                    using var response = await system.Gateway.SendAsync(request);
                    Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{operation} {body.ContentType} {coding}: {response.StatusCode}");
                    Assert.Equal(["body"], await response.ProblemAsync(HttpStatusCode.BadRequest));
                }
            }
        }
    }

    [Theory]
    [InlineData("x-gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("BR", "br")]
    public async Task A_coding_has_the_names_of_its_rfc(string name, string coding)
    {
        using var response = await PostAsync("events", "application/json", name, Compress(coding, """{"type": "named"}""", "").Whole);
        await response.JsonAsync(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    [InlineData("identity")]
    public async Task A_coding_that_is_not_accepted_is_415_with_those_that_are(string coding)
    {
        using var response = await PostAsync("events", "application/json", coding, "{}"u8.ToArray());
        Assert.Equal(["Content-Encoding"], await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType));
        Assert.Equal("gzip, deflate, br", string.Join(", ", response.Headers.GetValues("Accept-Encoding")));
    }

    [Theory]
    [MemberData(nameof(EveryCoding))]
    public async Task A_body_is_read_however_its_bytes_arrive_and_refused_wherever_it_is_cut(string coding)
    {
        var text = string.Concat(Enumerable.Range(0, 30).Select(i => $"{i * 7919}\n"));
        var whole = Compress(coding, text[..40], text[40..]).Whole;
        for (var step = 1; step <= whole.Length + 1; step++)
        {
            Assert.Equal(text, await ReadAsync(coding, whole, step));
            foreach (byte[] behind in new byte[][] { [0], [0x1f], [0x1f, 0x8b], [0x78, 0x9c, 3], new byte[step] })
            {
                await RefusedAsync(coding, [.. whole, .. behind], step);
            }
        }

        for (var length = 1; length < whole.Length; length++)
        {
            await RefusedAsync(coding, whole[..length], step: 7);
            await RefusedAsync(coding, whole[..length], whole.Length);
        }
    }

    [Fact]
    public async Task Further_members_of_gzip_are_read_and_refused_when_cut()
    {
        var (first, second) = (Compress("gzip", "first ", "").Whole, Compress("gzip", "second", "").Whole);
        byte[] both = [.. first, .. second];
        for (var step = 1; step <= both.Length + 1; step++)
        {
            Assert.Equal("first second", await ReadAsync("gzip", both, step));
            await RefusedAsync("gzip", [.. both, 0x1f], step);
            for (var length = first.Length + 1; length < both.Length; length++)
            {
                await RefusedAsync("gzip", both[..length], step);
            }
        }
    }

    [Fact]
    public async Task A_byte_order_mark_at_the_start_is_no_part_of_the_text()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. "{\"type\": \"marked\"}"u8];
        using var plain = new ByteArrayContent(marked) { Headers = { ContentType = new("application/json") } };
        using var one = await system.Gateway.PostAsync(Address("events"), plain);
        await one.JsonAsync(HttpStatusCode.Created);

        using var lines = new ByteArrayContent([.. marked, .. "\n{\"type\": \"marked\"}"u8]) { Headers = { ContentType = new("application/x-ndjson") } };
        using var batch = await system.Gateway.PostAsync(Address("events/batch"), lines);
        Assert.Equal(2, (await batch.JsonAsync()).GetProperty("accepted").GetInt32());

        using var only = new ByteArrayContent(marked[..3]) { Headers = { ContentType = new("application/json") } };
        using var empty = await system.Gateway.PostAsync(Address("events"), only);
        Assert.Equal(["body"], await empty.ProblemAsync(HttpStatusCode.BadRequest));
    }

    private static Uri Address(string rest) => new($"/api/v1/{rest}", UriKind.Relative);

    private async Task<HttpResponseMessage> PostAsync(string address, string contentType, string coding, byte[] body)
    {
        using var content = Content(contentType, coding, body);
        return await system.Gateway.PostAsync(Address(address), content);
    }

    private static ByteArrayContent Content(string contentType, string coding, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new(contentType);
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        return content;
    }

    private static (byte[] Whole, int FlushedAt) Compress(string coding, string first, string second)
    {
        using var compressed = new MemoryStream();
        int flushedAt;
        using (Stream encoder = coding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new BrotliStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            encoder.Write(Encoding.UTF8.GetBytes(first));
            encoder.Flush();
            flushedAt = (int)compressed.Length;
            encoder.Write(Encoding.UTF8.GetBytes(second));
        }

        return (compressed.ToArray(), flushedAt);
    }

    private static async Task<string> ReadAsync(string coding, byte[] body, int step)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.ContentEncoding = coding;
        context.Request.Body = new Steps(body, step);
        using var read = await RequestBody.ReadAsync(context.Request, CancellationToken.None);
        return Encoding.UTF8.GetString(read.Utf8.Span);
    }

    private static async Task RefusedAsync(string coding, byte[] body, int step)
    {
        var refusal = await Assert.ThrowsAsync<InputException>(() => ReadAsync(coding, body, step));
        Assert.Equal("body", Assert.Single(refusal.Errors).Key);
    }

    // So many bytes a read, as they may come from a network.
    private sealed class Steps(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, step)], cancellationToken);
    }
}
