using System.IO.Compression;
using System.Net;
using System.Text;
using StoryPortal.Tests.Documentation;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>Bodies that are small to send and large to read: refused, before they cost what they are meant to.</summary>
[Collection(SharedSystem.Name)]
public sealed class BombTests(SharedProduction production) : IClassFixture<SharedProduction>
{
    private const int Unpacked = 1024 * 1024 * 1024;
    private const long MostMemory = 700L * 1024 * 1024;

    private readonly ProductionSystem _system = production.System;

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_gigabyte_of_nothing_is_refused_wherever_a_body_is_taken(string encoding)
    {
        var bomb = Bomb(encoding);
        foreach (var (operation, body) in (await ApiDescription.OfAsync(_system.Hub)).Operations.SelectMany(operation => operation.Bodies.Select(body => (operation, body))))
        {
            using var content = new ByteArrayContent(bomb);
            content.Headers.ContentType = new(body.ContentType);
            content.Headers.ContentEncoding.Add(encoding);
            using var response = await SendAsync(operation, content);
            await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        }

        Assert.InRange(_system.HubProcess.Memory, 0, MostMemory);
        Assert.InRange(_system.Gateway.Memory, 0, MostMemory);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    [InlineData("{\"payload\":[", "]}")]
    [InlineData("[{\"body\":", "}]")]
    public async Task Json_that_is_too_deep_is_refused_wherever_a_body_is_taken(string open, string close)
    {
        const int Depth = 50_000;
        var deep = string.Concat(Enumerable.Repeat(open, Depth)) + "1" + string.Concat(Enumerable.Repeat(close, Depth));
        foreach (var (operation, body) in (await ApiDescription.OfAsync(_system.Hub)).Operations.SelectMany(operation => operation.Bodies.Select(body => (operation, body))))
        {
            using var content = new StringContent(deep, Encoding.UTF8, body.ContentType);
            using var response = await SendAsync(operation, content);
            Assert.NotEmpty(await response.ProblemAsync(HttpStatusCode.BadRequest));
        }
    }

    // Over HTTP/2, where an answer reaches a caller who is still sending.
    private async Task<HttpResponseMessage> SendAsync(ApiOperation operation, HttpContent content)
    {
        using var client = _system.Gateway.CreateSecureClient();
        using var request = new HttpRequestMessage(operation.Method, new Uri(operation.Address(Guid.NewGuid().ToString()), UriKind.Relative))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
        return await client.SendAsync(request);
    }

    private static byte[] Bomb(string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            var spaces = new byte[1024 * 1024];
            Array.Fill(spaces, (byte)' ');
            for (var i = 0; i < Unpacked / spaces.Length; i++)
            {
                packer.Write(spaces);
            }
        }

        return packed.ToArray();
    }
}
