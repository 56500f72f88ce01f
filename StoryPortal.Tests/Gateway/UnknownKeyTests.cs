using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>
/// A flood of invented keys: authentication precedes the rate limiter, so that its lookups have a limit of their own for each address.
/// </summary>
public sealed class UnknownKeyTests : IAsyncLifetime
{
    private readonly string _known = ApiKeyFormat.Create();
    private readonly string _new = ApiKeyFormat.Create();
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_gateway, _hub);

    [Fact]
    public async Task Unknown_keys_of_an_address_are_looked_up_up_to_a_limit_and_known_keys_are_not_affected()
    {
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_known));
        var max = 3 * new KeyCacheOptions().MaxUnknownKeysPerAddress; // the minute may turn in between
        var (unknown, refused) = (0, 0);
        await Parallel.ForAsync(0, max, async (_, _) =>
        {
            if (Volatile.Read(ref refused) < 100)
            {
                var status = await StatusAsync(ApiKeyFormat.Create());
                Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests]);
                Interlocked.Increment(ref status == HttpStatusCode.Unauthorized ? ref unknown : ref refused);
            }
        });
        Assert.True(refused >= 100, $"{refused} of {unknown + refused}");
        Assert.Equal(1 + unknown, _hub.Lookups); // what is refused costs no lookup
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_known));

        using var throttled = await _gateway.GetAsync("/v1/echo", ApiKeyFormat.Create());
        await throttled.ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.NotNull(throttled.Headers.RetryAfter);
        using var page = await _gateway.GetAsync("/docs", ApiKeyFormat.Create()); // where no key is needed none is checked
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Theory]
    [InlineData("X-API-Key", "{0}")]
    [InlineData("Authorization", "Bearer {0}")]
    public async Task A_key_that_is_not_valid_is_not_forwarded(string header, string value)
    {
        var credential = value.Replace("{0}", _new + "x", StringComparison.Ordinal);
        using var response = await _gateway.GetAsync("/docs", headers: (header, credential));
        Assert.DoesNotContain(_new, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<HttpStatusCode> StatusAsync(string key)
    {
        using var response = await _gateway.GetAsync("/v1/echo", key);
        return response.StatusCode;
    }

    private async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync(app =>
        {
            app.MapGet("/v1/echo", () => "echo");
            app.MapGet("/docs", (HttpContext context) => string.Join('\n', context.Request.Headers.Select(header => $"{header.Value}")));
        });
        _hub.Keys[_known] = new ApiKeyIdentity(Guid.NewGuid(), "known", [Scope.Read], RequestsPerMinute: 10_000);
        _gateway = await GatewayProcess.StartAsync([_hub]);
    }
}
