using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>
/// Nobody makes the hub ask for something that only it can reach: neither by the health address of a registration, in whatever notation, nor by the
/// requests of a batch. What is resolved later is looked at with each poll: <see cref="Services.HealthProbeTests"/>.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class ForgedAddressTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://0xa9fea9fe/")]
    [InlineData("http://2852039166/")]
    [InlineData("http://0251.0376.0251.0376/")]
    [InlineData("http://169.254.43518/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[::ffff:a9fe:a9fe]/")]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[fe80::1%25lo]/")]
    [InlineData("http://0/")]
    [InlineData("http://[::]/")]
    [InlineData("http://255.255.255.255/")]
    [InlineData("http://user:password@127.0.0.1/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1:6379/_FLUSHALL")]
    [InlineData("redis://127.0.0.1:6379/")]
    [InlineData("unix:///var/run/docker.sock")]
    [InlineData("//169.254.169.254/")]
    [InlineData("/internal/api-keys/00")]
    [InlineData("http:///internal")]
    public async Task A_health_address_that_leads_where_nobody_should_go_is_refused(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri($"/v1/services/forged-{Guid.NewGuid():N}/instances/1", UriKind.Relative))
        {
            Content = Answers.Json($$"""{"url": "http://127.0.0.1:1", "health_url": {{System.Text.Json.JsonSerializer.Serialize(address)}} }"""),
        };
        using var response = await system.Gateway.SendAsync(request);
        Assert.Equal(["health_url"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("http://169.254.169.254/v1/agents")]
    [InlineData("https://evil.example/v1/agents")]
    [InlineData("//evil.example/v1/agents")]
    [InlineData("/\\\\evil.example/v1/agents")]
    [InlineData("/@evil.example/v1/agents")]
    [InlineData("/v1/../../internal/api-keys/00")]
    [InlineData("/v1/..%2finternal/api-keys/00")]
    [InlineData("/v1/%2e%2e%2finternal/api-keys/00")]
    [InlineData("/api/v1/../internal/api-keys/00")]
    [InlineData("/api/../internal/api-keys/00")]
    [InlineData("/internal/api-keys/00")]
    public async Task A_batch_asks_this_api_alone(string path)
    {
        using var response = await system.Gateway.PostAsync(
            new Uri("/v1/batch", UriKind.Relative), Answers.Json($$"""[{"path": {{System.Text.Json.JsonSerializer.Serialize(path)}} }]"""));
        Assert.Contains((await response.JsonAsync()).GetProperty("results")[0].GetProperty("status").GetInt32(), (int[])[400, 404]);
    }
}
