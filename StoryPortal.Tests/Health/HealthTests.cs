using System.Net;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Npgsql;
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

    [Fact]
    public async Task A_hub_is_ready_when_it_has_read_once()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        await using var holder = await database.Source.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("LOCK TABLE mcp_documents.agents", holder, held))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var port = ReservedPorts.Take(1)[0];
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var starting = ProductProcess.StartAsync("StoryPortal.ServiceHub", port, new Dictionary<string, string>
        {
            ["ConnectionStrings__storyportal"] = database.Direct.String,
            ["ConnectionStrings__redis"] = "127.0.0.1:1",
            ["Database__MaxPoolSize"] = "4",
        });
        try
        {
            await Eventually.TrueAsync(async () => await StatusAsync("postgres") == "healthy" && await StatusAsync("first-read") == "unhealthy");
            using var unready = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
            var (exitCode, output) = await HealthCommandTests.RunAsync("StoryPortal.ServiceHub", port);
            Assert.Equal(1, exitCode);
            Assert.Contains("first-read", output, StringComparison.Ordinal);
        }
        finally
        {
            await held.RollbackAsync();
            await using var ready = await starting;
        }

        async Task<string?> StatusAsync(string check)
        {
            try
            {
                var health = JsonElement.Parse(await client.GetStringAsync(new Uri("/health/live", UriKind.Relative)));
                return health.GetProperty("checks").TryGetProperty(check, out var found) ? found.GetProperty("status").GetString() : null;
            }
            catch (HttpRequestException) // it does not listen yet
            {
                return null;
            }
        }
    }
}
