using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>A service name belongs to the key that registered it first.</summary>
[Collection(SharedSystem.Name)]
public sealed class OwnershipTests(SharedProduction production) : IClassFixture<SharedProduction>, IAsyncLifetime
{
    private const string Registration = """{"url": "http://127.0.0.1:9/", "lease_seconds": 3600}""";
    private const string Hijacked = """{"url": "http://127.0.0.1:6/", "lease_seconds": 3600}""";
    private const string OwnerName = "the owner's name of this test";

    private readonly ProductionSystem _system = production.System;
    private readonly string _service = $"owned-{Guid.NewGuid():N}";
    private (Guid Id, string Key) _owner;
    private (Guid Id, string Key) _other;

    private string Instance => $"/v1/services/{_service}/instances/a";

    private string Owner => $"/v1/admin/services/{_service}/owner";

    public async Task InitializeAsync()
    {
        _owner = await _system.CreateKeyAsync(OwnerName, "read", "write");
        _other = await _system.CreateKeyAsync("other", "read", "write");
    }

    public Task DisposeAsync() => _system.Database.RunAsync($"DELETE FROM mcp_documents.services WHERE name LIKE '{_service}%'");

    [Fact]
    public async Task A_service_and_its_instances_are_changed_by_its_owner_and_by_administrators_alone()
    {
        await _system.SendAsync(HttpStatusCode.Created, _owner.Key, "PUT", Instance, Registration);
        var before = await ReadAsync();

        (string Method, string Path, string? Body)[] writes =
        [
            ("PUT", Instance, Hijacked), ("PUT", Instance, Registration), ("PUT", $"/v1/services/{_service}/instances/b", Hijacked),
            ("POST", $"{Instance}/heartbeat", null), ("DELETE", Instance, null), ("DELETE", $"/v1/services/{_service}/instances/b", null),
        ];
        foreach (var (method, path, body) in writes)
        {
            var problem = await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, method, path, body);
            Assert.Contains("belongs to another key", problem, StringComparison.Ordinal);
            Assert.DoesNotContain(OwnerName, problem, StringComparison.Ordinal);
            Assert.DoesNotContain(_owner.Id.ToString(), problem, StringComparison.Ordinal);

            var batch = $$"""[{"method": "{{method}}", "path": "{{path}}", "body": {{body ?? "null"}} }]""";
            var response = JsonElement.Parse(await _system.SendAsync(HttpStatusCode.OK, _other.Key, "POST", "/v1/batch", batch));
            Assert.Equal(403, response.GetProperty("results")[0].GetProperty("status").GetInt32());
        }

        Assert.Equal(before, await ReadAsync());
        foreach (var key in (string[])[_owner.Key, GatewayProcess.AdminKey])
        {
            await _system.SendAsync(HttpStatusCode.NoContent, key, "POST", $"{Instance}/heartbeat");
            await _system.SendAsync(HttpStatusCode.OK, key, "PUT", Instance, Registration);
            await _system.SendAsync(HttpStatusCode.Created, key, "PUT", $"/v1/services/{_service}/instances/b", Registration);
            await _system.SendAsync(HttpStatusCode.NoContent, key, "DELETE", $"/v1/services/{_service}/instances/b");
        }
    }

    [Fact]
    public async Task Preconditions_do_not_let_other_keys_change_a_service()
    {
        await _system.SendAsync(HttpStatusCode.Created, _owner.Key, "PUT", Instance, Registration);
        using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri(Instance, UriKind.Relative));
        request.Headers.Add("X-API-Key", _other.Key);
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using var response = await _system.Gateway.Anonymous.SendAsync(request);
        await response.ProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_name_stays_with_its_owner_after_the_last_instance_has_left()
    {
        await _system.SendAsync(HttpStatusCode.Created, _owner.Key, "PUT", Instance, Registration);
        await _system.SendAsync(HttpStatusCode.NoContent, _owner.Key, "DELETE", Instance);
        await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, "PUT", Instance, Hijacked);
        await _system.SendAsync(HttpStatusCode.Created, _owner.Key, "PUT", Instance, Registration);
    }

    [Fact]
    public async Task A_service_from_before_owners_belongs_to_the_first_key_that_registers_it_again()
    {
        await _system.Database.RunAsync($"""
            INSERT INTO mcp_documents.services (name) VALUES ('{_service}');
            INSERT INTO mcp_documents.service_instances (service_name, id, url, lease_seconds)
            VALUES ('{_service}', 'a', 'http://127.0.0.1:9/', 3600);
            """);
        await _system.SendAsync(HttpStatusCode.NoContent, _other.Key, "POST", $"{Instance}/heartbeat");
        await _system.SendAsync(HttpStatusCode.OK, _owner.Key, "PUT", Instance, Registration);
        await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, "POST", $"{Instance}/heartbeat");
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    [InlineData("service-hub-2")]
    [InlineData("data-layer")]
    [InlineData("Gateway")]
    public async Task The_names_of_the_system_are_changed_with_the_internal_key_alone(string name)
    {
        var instance = $"/v1/services/{name}/instances/forged";
        foreach (var key in (string[])[_other.Key, GatewayProcess.AdminKey])
        {
            (string Method, string Path, string? Body)[] writes =
                [("PUT", instance, Hijacked), ("POST", $"{instance}/heartbeat", null), ("DELETE", instance, null)];
            foreach (var (method, path, body) in writes)
            {
                var problem = await _system.SendAsync(HttpStatusCode.Forbidden, key, method, path, body);
                Assert.Contains("belongs to the system", problem, StringComparison.Ordinal);
            }
        }

        using var hub = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_system.Http2Port}") };
        (hub.DefaultRequestVersion, hub.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        hub.DefaultRequestHeaders.Add("X-Internal-Key", GatewayProcess.InternalKey);
        using var registered = await hub.PutAsync(
            new Uri($"/internal/services/{name}/instances/one", UriKind.Relative), Answers.Json("""{"url": "http://127.0.0.1:9/"}"""));
        Assert.Equal(HttpStatusCode.NoContent, registered.StatusCode);
        await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, "DELETE", $"/v1/services/{name}/instances/one");
        using var removed = await hub.DeleteAsync(new Uri($"/internal/services/{name}/instances/one", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task An_administrator_hands_the_service_of_a_revoked_key_over()
    {
        await _system.SendAsync(HttpStatusCode.Created, _owner.Key, "PUT", Instance, Registration);
        await _system.SendAsync(HttpStatusCode.NoContent, GatewayProcess.AdminKey, "DELETE", $"/v1/admin/api-keys/{_owner.Id}");
        var owner = JsonElement.Parse(await _system.SendAsync(HttpStatusCode.OK, GatewayProcess.AdminKey, "GET", Owner));
        Assert.Equal((_owner.Id.ToString(), OwnerName), (owner.GetProperty("id").GetString(), owner.GetProperty("name").GetString()));

        await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, "GET", Owner);
        await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, "PUT", Owner, $$"""{"id": "{{_other.Id}}"}""");
        foreach (var id in (string[])["nobody", "jwt:", Guid.NewGuid().ToString(), _owner.Id.ToString()])
        {
            using var refused = await _system.SendAsync(GatewayProcess.AdminKey, "PUT", Owner, $$"""{"id": "{{id}}"}""");
            Assert.Equal(["id"], await refused.ProblemAsync(HttpStatusCode.BadRequest));
        }

        await _system.SendAsync(HttpStatusCode.OK, GatewayProcess.AdminKey, "PUT", Owner, $$"""{"id": "{{_other.Id}}"}""");
        await _system.SendAsync(HttpStatusCode.NoContent, _other.Key, "POST", $"{Instance}/heartbeat");
        var read = await _system.SendAsync(HttpStatusCode.OK, GatewayProcess.AdminKey, "GET", Owner);
        var same = await _system.SendAsync(HttpStatusCode.OK, GatewayProcess.AdminKey, "PUT", Owner, read);
        Assert.Equal(read, same); // what was read can be sent back

        var events = JsonElement.Parse(await _system.SendAsync(
            HttpStatusCode.OK, GatewayProcess.AdminKey, "GET", "/v1/events?type=admin.set_service_owner&limit=1000"));
        Assert.Contains(events.EnumerateArray(), e =>
        {
            var payload = e.GetProperty("payload");
            return e.GetProperty("origin").GetString() == "system" && payload.GetProperty("subject").GetString() == _service
                && payload.GetProperty("owner").GetString() == _other.Id.ToString();
        });
    }

    [Fact]
    public async Task A_released_name_belongs_to_the_next_key_that_registers_it()
    {
        await _system.SendAsync(HttpStatusCode.NotFound, GatewayProcess.AdminKey, "GET", Owner);
        // Before it registers.
        await _system.SendAsync(HttpStatusCode.Created, GatewayProcess.AdminKey, "PUT", Owner, $$"""{"id": "{{_owner.Id}}"}""");
        await _system.SendAsync(HttpStatusCode.Forbidden, _other.Key, "PUT", Instance, Registration);
        await _system.SendAsync(HttpStatusCode.NoContent, GatewayProcess.AdminKey, "DELETE", Owner);
        await _system.SendAsync(HttpStatusCode.NotFound, GatewayProcess.AdminKey, "DELETE", Owner);
        await _system.SendAsync(HttpStatusCode.Created, _other.Key, "PUT", Instance, Registration);
        await _system.SendAsync(HttpStatusCode.Forbidden, _owner.Key, "PUT", Instance, Registration);
    }

    private Task<string> ReadAsync() => _system.SendAsync(HttpStatusCode.OK, _owner.Key, "GET", $"/v1/services/{_service}");
}
