using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Http;

/// <summary>HEAD is GET without the body.</summary>
[Collection(SharedSystem.Name)]
public sealed class HeadTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("models")]
    [InlineData("agents?type=nobody")]
    [InlineData("agents/0189aaaa-0000-7000-8000-000000000000")]
    [InlineData("events/42")]
    [InlineData("quality-scores?limit=0")]
    public async Task Head_is_answered_as_get_is_but_for_the_body(string address)
    {
        using var get = await system.Gateway.GetAsync(Address(address));
        using var head = await HeadAsync(address);

        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Head_tells_how_long_the_body_would_be()
    {
        using var get = await system.Gateway.GetAsync(Address("agents?type=nobody"));
        using var head = await HeadAsync("agents?type=nobody");
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Head_of_an_export_makes_none()
    {
        using var head = await HeadAsync("events", "application/x-ndjson");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("application/x-ndjson", head.Content.Headers.ContentType?.MediaType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Head_is_not_taken_where_get_is_not()
    {
        using var head = await HeadAsync("sessions/0189aaaa-0000-7000-8000-000000000000/end");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, head.StatusCode);
    }

    private static Uri Address(string rest) => new($"/api/v1/{rest}", UriKind.Relative);

    private async Task<HttpResponseMessage> HeadAsync(string address, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Address(address));
        request.Headers.Accept.Add(new(accept));
        return await system.Gateway.SendAsync(request);
    }
}
