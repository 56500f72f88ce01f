using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Gateway;

/// <summary>A caller that has used up its requests of the minute.</summary>
internal sealed class RateLimitedRow() : RefusalRow("gateway/refused with 429", "429, limit used up")
{
    private string? _key;

    public override async Task PrepareAsync(Stage stage)
    {
        using var made = await stage.Gateway.PostAsync(
            new Uri("/v1/admin/api-keys", UriKind.Relative),
            new StringContent("""{"name": "bench", "scopes": ["read"], "requests_per_minute": 1}""", new MediaTypeHeaderValue("application/json")),
            stage.Stopped);
        if (made.StatusCode == HttpStatusCode.NotFound)
        {
            throw new NotThereYetException("POST /v1/admin/api-keys");
        }

        made.EnsureSuccessStatusCode();
        _key = (await made.Content.ReadFromJsonAsync<JsonElement>(stage.Stopped)).GetProperty("key").GetString();
        if (!await IsLimitedAsync(stage))
        {
            throw new NotThereYetException("rate limits of a key");
        }

        await base.PrepareAsync(stage);
    }

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        await IsLimitedAsync(stage); // uses up what a new minute gave
        return await base.MeasureAAsync(stage);
    }

    protected override string RefusedKey(Stage stage) => _key!;

    private async Task<bool> IsLimitedAsync(Stage stage)
    {
        var status = HttpStatusCode.OK;
        for (var i = 0; i < 20 && status != HttpStatusCode.TooManyRequests; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stage.System.Gateway.Http, stage.AgentPath));
            request.Headers.Add("X-API-Key", _key);
            using var response = await stage.Gateway.SendAsync(request, stage.Stopped);
            status = response.StatusCode;
        }

        return status == HttpStatusCode.TooManyRequests;
    }
}
