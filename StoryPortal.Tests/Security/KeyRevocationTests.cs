using System.Net;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>
/// Two gateways and a hub outside Development: a revoked or rotated key is refused everywhere, long before its verification expires.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class KeyRevocationTests(SharedProduction production) : IClassFixture<SharedProduction>, IAsyncLifetime
{
    private const string Keys = "/v1/admin/api-keys";

    // A verification is cached for a minute: what is refused sooner was revoked by the message.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    private readonly ProductionSystem _system = production.System;
    private GatewayProcess _second = null!;

    private HttpClient[] Doors => [_system.Gateway.Anonymous, _second.Anonymous, _system.Hub];

    public async Task InitializeAsync()
    {
        _second = await GatewayProcess.StartAsync(
            [_system.Http2Port],
            [
                $"--ConnectionStrings:redis={_system.RedisConnection}",
                .. GenerousTimeouts.Gateway.Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
            ]);
    }

    public async Task DisposeAsync() => await _second.DisposeAsync();

    [Fact]
    public async Task A_key_that_is_revoked_at_one_gateway_is_refused_by_all()
    {
        for (var round = 0; round < 10; round++)
        {
            var (id, key) = await CreateAsync();
            await IsAcceptedAsync(key);
            using var revoked = await (round % 2 == 0 ? _system.Gateway : _second).Admin.DeleteAsync(Address(id));
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
            await IsRefusedAsync(key);
        }
    }

    [Fact]
    public async Task A_key_that_is_revoked_while_it_is_looked_up_is_refused()
    {
        for (var round = 0; round < 10; round++)
        {
            var (id, key) = await CreateAsync();
            var used = Doors.SelectMany(door => Enumerable.Repeat(door, 4)).Select(door => StatusAsync(door, key)).ToList();
            using var revoked = await _system.Gateway.Admin.DeleteAsync(Address(id));
            await Task.WhenAll(used);
            await IsRefusedAsync(key);
        }
    }

    [Fact]
    public async Task Of_rotations_at_the_same_time_one_successor_is_valid_and_nothing_else()
    {
        var (id, first) = await CreateAsync();
        await IsAcceptedAsync(first);
        var rotations = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => RotateAsync(i % 2 == 0 ? _system.Gateway : _second, id)));
        await IsRefusedAsync(first);

        string[] successors = [.. rotations.OfType<string>()];
        Assert.Equal(rotations.Length, successors.Length);
        foreach (var door in Doors)
        {
            var statuses = await Task.WhenAll(successors.Select(key => StatusAsync(door, key)));
            Assert.Single(statuses, HttpStatusCode.OK);
            Assert.Equal(successors.Length - 1, statuses.Count(status => status == HttpStatusCode.Unauthorized));
        }
    }

    [Fact]
    public async Task A_key_that_is_revoked_beside_its_rotations_has_no_valid_successor()
    {
        for (var round = 0; round < 5; round++)
        {
            var (id, first) = await CreateAsync();
            var rotating = Task.WhenAll(Enumerable.Range(0, 4).Select(i => RotateAsync(i % 2 == 0 ? _system.Gateway : _second, id)));
            using var revoked = await _second.Admin.DeleteAsync(Address(id));
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
            foreach (var key in (await rotating).OfType<string>().Append(first))
            {
                await IsRefusedAsync(key);
            }
        }
    }

    private async Task<(Guid Id, string Key)> CreateAsync()
    {
        using var body = Answers.Json("""{"name": "brief", "scopes": ["read"]}""");
        using var response = await _system.Gateway.Admin.PostAsync(new Uri(Keys, UriKind.Relative), body);
        var created = await response.JsonAsync(HttpStatusCode.Created);
        return (created.Id(), created.GetProperty("key").GetString()!);
    }

    // Null: the key had been revoked.
    private static async Task<string?> RotateAsync(GatewayProcess gateway, Guid id)
    {
        using var response = await gateway.Admin.PostAsync(Address(id, "/rotate"), null);
        Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]);
        return response.StatusCode == HttpStatusCode.OK ? (await response.JsonAsync()).GetProperty("key").GetString() : null;
    }

    private async Task IsAcceptedAsync(string key)
    {
        foreach (var door in Doors)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(door, key));
        }
    }

    private async Task IsRefusedAsync(string key)
    {
        foreach (var door in Doors)
        {
            await Eventually.TrueAsync(async () => await StatusAsync(door, key) == HttpStatusCode.Unauthorized, timeout: AtOnce);
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient door, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/models", UriKind.Relative));
        request.Headers.Add("X-API-Key", key);
        using var response = await door.SendAsync(request);
        return response.StatusCode;
    }

    private static Uri Address(Guid id, string rest = "") => new($"{Keys}/{id}{rest}", UriKind.Relative);
}
