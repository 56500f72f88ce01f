using System.Net;
using System.Net.Http.Json;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Asks the hub's internal endpoint.</summary>
internal sealed class HubKeySource(IHttpClientFactory clients) : IKeySource
{
    /// <summary>Name of the HTTP client that reaches the hub's internal endpoints.</summary>
    public const string Client = "hub-api-keys";

    public async Task<ApiKeyIdentity?> FindAsync(KeyHash hash, CancellationToken cancellationToken)
    {
        using var hub = clients.CreateClient(Client);
        using var response = await hub.GetAsync(new Uri($"internal/api-keys/{hash}", UriKind.Relative), cancellationToken);
        response.EnsureSuccessStatusCode();
        return response.StatusCode == HttpStatusCode.NoContent
            ? null
            : await response.Content.ReadFromJsonAsync(KeyJson.Default.ApiKeyIdentity, cancellationToken);
    }
}
