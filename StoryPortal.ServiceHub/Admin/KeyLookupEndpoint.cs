using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/internal/api-keys</c>: where gateways ask for a key by its hash.</summary>
internal static class KeyLookupEndpoint
{
    public static void MapKeyLookup(this IEndpointRouteBuilder system) => system.MapGet("/api-keys/{hash}", FindAsync);

    // Nothing found is 204: 404 is what a caller with a wrong internal key gets.
    private static async Task<IResult> FindAsync(string hash, ApiKeyStore store, CancellationToken cancellationToken) =>
        KeyHash.TryParse(hash, out var parsed) && await store.FindAsync(parsed, cancellationToken) is { } key
            ? TypedResults.Json(key, KeyJson.Default.ApiKeyIdentity)
            : TypedResults.NoContent();
}
