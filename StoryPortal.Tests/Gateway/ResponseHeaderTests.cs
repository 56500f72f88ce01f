using System.Globalization;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Headers that belong to one request: each response has its own, once.</summary>
public sealed class ResponseHeaderTests(Door door) : IClassFixture<Door>
{
    private static readonly string[] Once =
    [
        "X-Request-Id", "traceparent", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy",
        "Cache-Control", "Keep-Alive", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    ];

    [Fact]
    public async Task A_cached_response_has_the_request_id_and_the_rate_of_its_own_request()
    {
        var remaining = int.MaxValue;
        await Eventually.TrueAsync(async () =>
        {
            var id = Guid.NewGuid().ToString("N");
            using var response = await door.Gateway.GetAsync("/v1/services?tag=own-headers", door.Reader, ("X-Request-Id", id));
            Assert.Equal(id, response.Headers.GetValues("X-Request-Id").Single());
            var before = remaining;
            remaining = int.Parse(response.Headers.GetValues("RateLimit-Remaining").Single(), CultureInfo.InvariantCulture);
            return response.Headers.GetValues("X-Cache").Single() == "HIT" && remaining < before;
        });
    }

    [Theory]
    [InlineData("/v1/size/10", HttpStatusCode.OK)]
    [InlineData("/v1/services", HttpStatusCode.OK)]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/nothing", HttpStatusCode.NotFound)]
    [InlineData("/v1/admin/jobs", HttpStatusCode.Forbidden)]
    [InlineData("/v1/broken", HttpStatusCode.BadGateway)]
    public async Task Each_header_is_there_once(string path, HttpStatusCode status)
    {
        using var response = await door.Gateway.GetAsync(path, door.Reader);
        Assert.Equal(status, response.StatusCode);
        Assert.All(Once, name => Assert.Single(response.Headers.NonValidated[name]));
    }
}
