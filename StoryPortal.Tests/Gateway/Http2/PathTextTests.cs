using Microsoft.AspNetCore.Http;
using StoryPortal.Gateway.Proxy.Http2;

namespace StoryPortal.Tests.Gateway.Http2;

public sealed class PathTextTests
{
    [Theory]
    [InlineData("/v1/agents/a-b_c~d.e", "/v1/agents/a-b_c~d.e")]
    [InlineData("/v1/!$&'()*+,;=:@", "/v1/!$&'()*+,;=:@")]
    [InlineData("/v1/%2e%2e/metrics", "/v1/%252e%252e/metrics")]
    [InlineData("/v1/..%2fmetrics", "/v1/..%252fmetrics")]
    [InlineData("/v1/%00", "/v1/%2500")]
    [InlineData("/v1/a b?c#d\"e\\f", "/v1/a%20b%3Fc%23d%22e%5Cf")]
    [InlineData("/v1/ä\r\n", "/v1/%C3%A4%0D%0A")]
    public void What_is_decoded_once_is_encoded_once(string path, string expected) => Assert.Equal(expected, PathText.Of(new PathString(path)));
}
