using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Telemetry;

/// <summary>The names under which Prometheus finds what is measured.</summary>
[Collection(SharedSystem.Name)]
public sealed class MetricTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("service-hub", "http", "request_duration_seconds_bucket", "endpoint=\"/v1/agents/{id}\"", "method=\"GET\"")]
    [InlineData("service-hub", "http", "db_query_duration_seconds_bucket", "query=\"agents.get\"", "query_class=\"simple\"")]
    [InlineData("service-hub", "http", "cache_misses_total", "cache_type=\"agent_metadata\"")]
    [InlineData("service-hub", "http", "cache_hits_total", "cache_type=\"agent_metadata\"", "level=\"l1\"")]
    [InlineData("service-hub", "http", "ingest_batch_size_bucket", "queue=")]
    [InlineData("service-hub", "http", "kestrel_active_connections")]
    [InlineData("service-hub", "http", "dotnet_gc_collections_total")]
    [InlineData("service-hub", "http", "db_client_")]
    [InlineData("gateway", "internal", "request_duration_seconds_bucket", "endpoint=\"/v1/agents/{id}\"", "method=\"GET\"")]
    [InlineData("gateway", "internal", "cache_hits_total", "cache_type=\"output\"")]
    [InlineData("data-layer", "http", "db_query_duration_seconds_bucket", "query_class=")]
    [InlineData("data-layer", "http", "request_duration_seconds_bucket", "endpoint=\"/health")]
    public async Task Every_process_exposes_its_metrics(string resource, string endpoint, string name, params string[] labels)
    {
        await UseAsync();
        using var client = system.App.CreateHttpClient(resource, endpoint);
        await Eventually.TrueAsync(async () =>
        {
            var lines = (await client.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n');
            return lines.Any(line => line.StartsWith(name, StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
        });
    }

    [Fact]
    public async Task No_endpoint_label_is_a_path_that_somebody_made_up()
    {
        var made = Guid.NewGuid().ToString();
        using var nowhere = await system.Gateway.GetAsync(new Uri($"/{made}", UriKind.Relative));
        using var nothing = await system.Gateway.GetAsync(new Uri($"/v1/agents/{made}", UriKind.Relative));
        foreach (var (resource, endpoint) in ((string, string)[])[("service-hub", "http"), ("gateway", "internal")])
        {
            using var client = system.App.CreateHttpClient(resource, endpoint);
            Assert.DoesNotContain(made, await client.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);
        }
    }

    private async Task UseAsync()
    {
        using var created = await system.Gateway.PostAsync(new Uri("/v1/agents", UriKind.Relative), Answers.Json("""{"name": "metered", "type": "test"}"""));
        var id = (await created.JsonAsync(System.Net.HttpStatusCode.Created)).Id();
        using var posted = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "metered"}"""));
        for (var i = 0; i < 2; i++)
        {
            using var agent = await system.Gateway.GetAsync(new Uri($"/v1/agents/{id}", UriKind.Relative));
            using var services = await system.Gateway.GetAsync(new Uri("/v1/services", UriKind.Relative));
        }
    }
}
