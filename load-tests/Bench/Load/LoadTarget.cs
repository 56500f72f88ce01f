using System.Net.Http.Json;
using System.Text.Json;
using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Load;

/// <summary>The system under load.</summary>
/// <param name="Gateway">A client of its gateway, with a key that may write.</param>
/// <param name="Hub">A client of its hub, with the same key.</param>
internal sealed record LoadTarget(HttpClient Gateway, HttpClient Hub) : IDisposable
{
    private const int Agents = 20;

    /// <summary>The system that runs: its addresses and its key are those of <c>./start.sh --env</c>.</summary>
    /// <exception cref="MeasurementFailedException">They are not in the environment.</exception>
    public static LoadTarget Running() => new(Client("GATEWAY_URL"), Client("SERVICE_HUB_URL"));

    /// <summary>Makes agents for the users to work with.</summary>
    public async Task<IReadOnlyList<Guid>> CreateAgentsAsync(CancellationToken cancellationToken)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < Agents; i++)
        {
            using var made = await Gateway.PostAsJsonAsync("/v1/agents", new { name = $"load-{i}", type = "worker" }, cancellationToken);
            made.EnsureSuccessStatusCode();
            ids.Add((await made.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetGuid());
        }

        return ids;
    }

    /// <summary>Takes them away again; their events stay.</summary>
    public async Task RemoveAgentsAsync(IEnumerable<Guid> ids)
    {
        foreach (var id in ids)
        {
            using var removed = await Gateway.DeleteAsync($"/v1/agents/{id}");
            removed.EnsureSuccessStatusCode();
        }
    }

    public void Dispose()
    {
        Gateway.Dispose();
        Hub.Dispose();
    }

    private static HttpClient Client(string name)
    {
        var client = new HttpClient { BaseAddress = new Uri(Variable(name)) };
        client.DefaultRequestHeaders.Add("X-API-Key", Variable("ADMIN_KEY"));
        return client;
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new MeasurementFailedException($"{name} is not set. Start the system, and run: eval \"$(./start.sh --env)\"");
}
