using System.Globalization;
using System.Net;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>What one owner has in the registry is bounded, and leaves room for others.</summary>
[Collection(SharedSystem.Name)]
public sealed class OwnerLimitTests(StoryPortalSystem servers)
{
    private const string Registration = """{"url": "http://127.0.0.1:9/", "lease_seconds": 3600}""";
    private const int Concurrency = 32;

    [Fact]
    public Task One_key_registers_as_many_services_as_one_owner_may_have() => FloodAsync(max: 5, attempts: 60);

    [Fact]
    [Trait("Category", "Long")]
    public Task A_hundred_thousand_services_by_one_key_leave_the_registry_to_others() => FloodAsync(max: 1000, attempts: 100_000);

    [Fact]
    public async Task One_key_registers_as_many_instances_as_one_owner_may_have()
    {
        await using var system = new ProductionSystem(servers, new() { ["Registry__MaxInstancesPerOwner"] = "3" });
        await system.InitializeAsync();
        var (_, key) = await system.CreateKeyAsync("flooder", "read", "write");
        for (var i = 0; i < 3; i++)
        {
            await system.SendAsync(HttpStatusCode.Created, key, "PUT", $"/v1/services/flood-{i % 2}/instances/{i}", Registration);
        }

        foreach (var service in (string[])["flood-0", "flood-new"])
        {
            var more = $"/v1/services/{service}/instances/more";
            var problem = await system.SendAsync(HttpStatusCode.Conflict, key, "PUT", more, Registration);
            Assert.Contains("3 instances", problem, StringComparison.Ordinal);
            Assert.Contains("Registry:MaxInstancesPerOwner", problem, StringComparison.Ordinal);
        }

        // An administrator registers for the owner, whose bound holds, and learns the name.
        var named = await system.SendAsync(
            HttpStatusCode.Conflict, GatewayProcess.AdminKey, "PUT", "/v1/services/flood-0/instances/more", Registration);
        Assert.Contains("'flooder'", named, StringComparison.Ordinal);
        const string Changed = """{"url": "http://127.0.0.1:8/", "lease_seconds": 3600}""";
        await system.SendAsync(HttpStatusCode.OK, key, "PUT", "/v1/services/flood-0/instances/0", Changed);
        await system.SendAsync(HttpStatusCode.NoContent, key, "DELETE", "/v1/services/flood-0/instances/0");
        await system.SendAsync(HttpStatusCode.Created, key, "PUT", "/v1/services/flood-0/instances/more", Registration);
    }

    [Fact]
    public async Task Names_without_a_service_are_bounded_as_well_and_the_oldest_are_released()
    {
        await using var system = new ProductionSystem(servers, new() { ["Registry__MaxServicesPerOwner"] = "3" });
        await system.InitializeAsync();
        var (_, key) = await system.CreateKeyAsync("renamer", "write");
        for (var i = 0; i < 12; i++)
        {
            await system.SendAsync(HttpStatusCode.Created, key, "PUT", $"/v1/services/renamed-{i}/instances/a", Registration);
            if (i > 0)
            {
                await system.SendAsync(HttpStatusCode.NoContent, key, "DELETE", $"/v1/services/renamed-{i}/instances/a");
            }
        }

        var names = await system.Database.TextsAsync("SELECT service_name FROM mcp_documents.service_owners ORDER BY 1");
        Assert.Equal(["renamed-0", "renamed-10", "renamed-11"], names);
    }

    private async Task FloodAsync(int max, int attempts)
    {
        await using var system = new ProductionSystem(servers, new()
        {
            ["Registry__MaxServicesPerOwner"] = max.ToString(CultureInfo.InvariantCulture),
        });
        await system.InitializeAsync();
        var (_, key) = await system.CreateKeyAsync("flooder", "read", "write");
        var (_, other) = await system.CreateKeyAsync("other", "read", "write");

        var (created, refused) = (0, 0);
        await Parallel.ForAsync(0, attempts, new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (i, _) =>
        {
            using var response = await system.SendAsync(key, "PUT", $"/v1/services/flood-{i}/instances/a", Registration);
            if (response.StatusCode == HttpStatusCode.Created)
            {
                Interlocked.Increment(ref created);
                return;
            }

            var problem = await response.Content.ReadAsStringAsync(CancellationToken.None);
            Assert.True(response.StatusCode == HttpStatusCode.Conflict, problem);
            Assert.Contains($"{max} services", problem, StringComparison.Ordinal);
            Assert.Contains("Registry:MaxServicesPerOwner", problem, StringComparison.Ordinal);
            Interlocked.Increment(ref refused);
        });
        Assert.Equal((max, attempts - max), (created, refused));

        await system.SendAsync(HttpStatusCode.Created, other, "PUT", "/v1/services/legitimate/instances/a", Registration);
        await system.SendAsync(HttpStatusCode.OK, other, "GET", "/v1/services/legitimate");
        var names = await system.Database.TextsAsync("SELECT name FROM mcp_documents.services WHERE name LIKE 'flood-%' LIMIT 1");
        await system.SendAsync(HttpStatusCode.NoContent, key, "DELETE", $"/v1/services/{names[0]}/instances/a");
        await system.SendAsync(HttpStatusCode.Created, key, "PUT", "/v1/services/flood-again/instances/a", Registration);
    }
}
