using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>While Postgres is away keys that were seen stay valid for ten minutes, and no other is accepted.</summary>
[Collection(SharedSystem.Name)]
public sealed class KeyStoreOutageTests(StoryPortalSystem servers) : IAsyncLifetime
{
    private readonly string _key = ApiKeyFormat.Create();
    private readonly string _never = ApiKeyFormat.Create();
    private TcpProxy _way = null!;

    public Task InitializeAsync()
    {
        _way = new TcpProxy(() => new NpgsqlConnectionStringBuilder(servers.ConnectionString).Port);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _way.DisposeAsync();

    [Fact]
    public async Task A_key_that_was_seen_stays_valid_until_its_fail_safe_time_ends()
    {
        await using var database = await OwnDatabase.WithTablesAsync(servers);
        await StoreAsync(database);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.Direct.String)
        {
            Host = "127.0.0.1",
            Port = int.Parse(_way.Address.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture),
            Timeout = 60, // of the first connection on a busy machine: a way that is cut refuses at once
            CommandTimeout = 60,
            Pooling = true,
        });
        var store = new ApiKeyStore(new StoryDatabase(source, new DatabaseOptions(), database.Meters));
        using var keys = Verifier(store, TimeSpan.FromMinutes(10));
        using var brief = Verifier(store, TimeSpan.FromSeconds(1));
        Assert.Equal("reader", (await keys.VerifyAsync(new ApiKeyCredential(_key))).Key?.Name);
        Assert.Equal("reader", (await brief.VerifyAsync(new ApiKeyCredential(_key))).Key?.Name);

        await _way.DisposeAsync();
        Assert.Equal("reader", (await keys.VerifyAsync(new ApiKeyCredential(_key))).Key?.Name);
        Assert.Same(ApiKeyVerification.StoreUnavailable, await keys.VerifyAsync(new ApiKeyCredential(_never)));
        await Eventually.TrueAsync(async () => await brief.VerifyAsync(new ApiKeyCredential(_key)) == ApiKeyVerification.StoreUnavailable);
    }

    [Fact]
    public async Task The_gateway_and_the_hub_let_in_whom_they_know_and_tell_others_to_come_again()
    {
        // Longer than the first lookup on a busy machine takes; without a key store each lookup takes all of it.
        var system = new ProductionSystem(servers, new Dictionary<string, string> { ["Authentication__LookupTimeout"] = "00:00:05" })
        {
            DatabaseAddress = _way.Address,
        };
        await system.InitializeAsync();
        try
        {
            await StoreAsync(system.Database);
            HttpClient[] doors = [system.Gateway.Anonymous, system.Hub];
            foreach (var door in doors)
            {
                await Eventually.TrueAsync(async () => await StatusAsync(door, _key) == HttpStatusCode.OK); // 503 where the first lookup takes too long
            }

            await _way.DisposeAsync();
            foreach (var door in doors)
            {
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(door, _key)); // which is answered from the cache
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(door, _never));
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(door, _never + "x"));
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(door, GatewayProcess.AdminKey));
            }
        }
        finally
        {
            await system.DisposeAsync();
        }
    }

    private static KeyVerifier Verifier(ApiKeyStore store, TimeSpan failSafe) => new(
        store, Options.Create(new SystemKeyOptions()), TimeProvider.System, NullLogger<KeyVerifier>.Instance,
        new KeyCacheOptions { ValidTtl = TimeSpan.FromTicks(1), FailSafeTtl = failSafe, LookupTimeout = TimeSpan.FromMinutes(1) });

    private static async Task<HttpStatusCode> StatusAsync(HttpClient door, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/models", UriKind.Relative));
        request.Headers.Add("X-API-Key", key);
        using var response = await door.SendAsync(request);
        return response.StatusCode;
    }

    private Task StoreAsync(OwnDatabase database) => database.RunAsync(
        $"INSERT INTO mcp_documents.api_keys (id, name, key_hash, scopes) VALUES ('{Guid.NewGuid()}', 'reader', '\\x{KeyHash.Of(_key)}', '{{read}}')");
}
