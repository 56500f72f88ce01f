using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Routes;

namespace StoryPortal.Gateway.Compression;

/// <summary>What is compressed on its way: answers whose length is known and large enough, and pages. What has no length is a stream, and passes as it comes.</summary>
internal sealed class CompressionRules(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
{
    /// <summary>Bytes from which on compressing is worth its time.</summary>
    public const int Smallest = 1000;

    public override bool ShouldCompressResponse(HttpContext context) =>
        (context.Response.ContentLength is { } length ? length >= Smallest : RoutePolicy.Get(context).IsPage)
        && base.ShouldCompressResponse(context);
}
