using System.Net;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Health;

[Collection(SharedSystem.Name)]
public sealed class HealthTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("data-layer")]
    public async Task Every_process_answers_every_probe(string resource)
    {
        using var client = system.App.CreateHttpClient(resource, "http");
        foreach (var path in (string[])["/health", "/health/live", "/health/ready", "/health/startup", "/alive"])
        {
            // Degraded for a moment after the start: the worker is ready before its indexes are built.
            await Eventually.TrueAsync(async () =>
            {
                using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
                var health = await response.JsonAsync();
                Assert.Equal(resource, health.GetProperty("service").GetString());
                return health.GetProperty("status").GetString() == "healthy";
            });

            using var head = new HttpRequestMessage(HttpMethod.Head, path);
            using var headResponse = await client.SendAsync(head);
            Assert.Equal(HttpStatusCode.OK, headResponse.StatusCode);
        }
    }
}
