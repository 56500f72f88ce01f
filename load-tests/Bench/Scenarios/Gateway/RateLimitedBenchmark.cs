using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Gateway;

/// <summary>Requests of a key that has used up its requests of the minute.</summary>
internal sealed class RateLimitedBenchmark() : RefusalBenchmark("gateway/refused with 429", "429, limit used up")
{
    private const int MaxRequestsToLimit = 20;

    private string? _key;

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        using var body = new StringContent(
            """{"name": "bench", "scopes": ["read"], "requests_per_minute": 1}""", new MediaTypeHeaderValue("application/json"));
        using var created = await environment.Gateway.PostAsync(new Uri("/v1/admin/api-keys", UriKind.Relative), body, environment.Stopped);
        created.EnsureSuccessStatusCode();
        _key = (await created.Content.ReadFromJsonAsync<JsonElement>(environment.Stopped)).GetProperty("key").GetString();
        await base.PrepareAsync(environment);
    }

    protected override async Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment)
    {
        await UseUpLimitAsync(environment);
        return await base.MeasureSubjectAsync(environment);
    }

    protected override string RefusedKey(BenchmarkEnvironment environment) => _key!;

    private async Task UseUpLimitAsync(BenchmarkEnvironment environment)
    {
        for (var i = 0; i < MaxRequestsToLimit; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(environment.System.Gateway.Http, environment.AgentPath));
            request.Headers.Add("X-API-Key", _key);
            using var response = await environment.Gateway.SendAsync(request, environment.Stopped);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return;
            }
        }

        throw new MeasurementFailedException($"A key with one request a minute was not refused after {MaxRequestsToLimit}.");
    }
}
