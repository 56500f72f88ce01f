using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using StoryPortal.ServiceDefaults.Routing;

namespace StoryPortal.Tests.Http;

public sealed class EncodedPathTests
{
    [Theory]
    [InlineData("/v1/models/m%2Fz", "/v1/models/m%2Fz")]
    [InlineData("/v1/models/m%2fz?a=%2f", "/v1/models/m%2Fz")]
    [InlineData("/v1/models/m%252Fz", "/v1/models/m%252Fz")]
    [InlineData("/v1/models/%25", "/v1/models/%25")]
    [InlineData("/v1/models/%C3%A4%20b%2F", "/v1/models/ä b%2F")]
    [InlineData("/v1/%zz/%c0%ae%c0%ae/%u2215", "/v1/%25zz/%25c0%25ae%25c0%25ae/%25u2215")]
    [InlineData("/v1/%252e%252e/metrics", "/v1/%252e%252e/metrics")]
    [InlineData("/v1/%2e%2e/%2e/metrics%25", "/metrics%25")]
    [InlineData("/v1/..%2fmetrics", "/v1/..%2Fmetrics")]
    [InlineData("/v1/%25/..", "/v1/")]
    [InlineData("/%2e%2e/%25", "/%25")]
    [InlineData("http://host/v1/m%2Fz?q", "/v1/m%2Fz")]
    [InlineData("http://host?q=%", null)]
    [InlineData("/v1/models/m?q=%2F", null)]
    [InlineData("*", null)]
    public void A_target_is_decoded_once(string target, string? expected)
    {
        var path = target.Split('?')[0];
        var context = new DefaultHttpContext();
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        (request.RawTarget, request.Path) = (target, path);
        Assert.Equal(expected, EncodedPath.Read(context)?.Value);
    }

    [Theory]
    [InlineData("/v1/agents/a-b_c~d.e%25", "/v1/agents/a-b_c~d.e%25")]
    [InlineData("/v1/m%2Fz", "/v1/m%2Fz")]
    [InlineData("/v1/%252e%252e/metrics", "/v1/%252e%252e/metrics")]
    [InlineData("/v1/a b?c#d\"e\\f%25", "/v1/a%20b%3Fc%23d%22e%5Cf%25")]
    [InlineData("/v1/ä\r\n%2F", "/v1/%C3%A4%0D%0A%2F")]
    public void What_is_decoded_once_is_encoded_once(string path, string expected)
    {
        Assert.Equal(expected, EncodedPath.Encode(new PathString(path)));
        Assert.Equal(path, EncodedPath.Decode(expected));
    }
}
