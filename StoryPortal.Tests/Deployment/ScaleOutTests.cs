using System.Net;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Events;
using StoryPortal.Tests.Faults;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Deployment;

/// <summary>Two gateways and two hubs with one Postgres and one Redis: to a caller they are one system.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class ScaleOutTests(TwoHubs two) : IAsyncLifetime
{
    private readonly StoryPortalSystem _system = two.System;
    private readonly string _type = $"scale-out-{Guid.NewGuid():N}";

    private GatewayProcess _second = null!;
    private HttpClient[] _gateways = [];

    public async Task InitializeAsync()
    {
        int[] hubs = [_system.App.GetEndpoint("service-hub", "http2").Port, _system.App.GetEndpoint("service-hub-2", "http2").Port];
        _second = await GatewayProcess.StartAsync(
            hubs,
            $"--ConnectionStrings:redis={await _system.App.GetConnectionStringAsync("redis")}",
            $"--Authentication:AdminKey={StoryPortalSystem.AdminKey}",
            $"--Authentication:InternalKey={StoryPortalSystem.InternalKey}",
            $"--Registration:InstanceId={_type}",
            "--Registration:Url=http://127.0.0.1:9", // nobody has to reach it: it says itself that it is there
            "--RateLimiting:RequestsPerMinute=10000000");
        var second = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_second.Port}") };
        second.DefaultRequestHeaders.Add("X-API-Key", StoryPortalSystem.AdminKey);
        _gateways = [_system.Gateway, second];
    }

    public async Task DisposeAsync()
    {
        _gateways[1].Dispose();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_is_written_through_one_gateway_is_read_at_once_through_the_other()
    {
        using var created = await _gateways[0].PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "0", "type": "{{_type}}"}"""));
        var address = $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
        for (var i = 1; i <= 20; i++)
        {
            var (writer, reader) = (_gateways[i % 2], _gateways[(i + 1) % 2]);
            using var patched = await writer.PatchAsync(Relative(address), Answers.Json($$"""{"name": "{{i}}"}"""));
            await patched.JsonAsync();
            Assert.Equal($"{i}", (await ReadAsync(reader, address)).GetProperty("name").GetString());
            Assert.Equal($"{i}", (await ReadAsync(reader, $"/v1/agents?type={_type}")).EnumerateArray().Single().GetProperty("name").GetString());
        }
    }

    [Fact]
    public async Task A_service_that_registers_at_one_gateway_is_listed_by_both_though_each_keeps_the_list()
    {
        var list = $"/v1/services?tag={_type}";
        foreach (var gateway in _gateways)
        {
            Assert.Equal(0, (await ReadAsync(gateway, list)).GetArrayLength());
        }

        using var registered = await _gateways[0].PutAsync(
            Relative($"/v1/services/{_type}/instances/one"), Answers.Json($$"""{"url": "http://127.0.0.1:9", "layer": "L09", "tags": ["{{_type}}"]}"""));
        Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());
        Assert.Equal(1, (await ReadAsync(_gateways[0], list)).GetArrayLength());
        await Eventually.TrueAsync(async () => (await ReadAsync(_gateways[1], list)).GetArrayLength() == 1);
    }

    [Fact]
    public async Task An_event_posted_at_one_gateway_reaches_the_streams_of_both()
    {
        using var one = await EventStreamReader.OpenAsync(_gateways[0], $"?type={_type}");
        using var other = await EventStreamReader.OpenAsync(_gateways[1], $"?type={_type}");
        foreach (var gateway in _gateways)
        {
            using var posted = await gateway.PostAsync(Relative("/v1/events"), Answers.Json($$"""{"type": "{{_type}}"}"""));
            var id = (await posted.JsonAsync(HttpStatusCode.Created)).Id();
            Assert.Equal([id], await one.IdsAsync(1));
            Assert.Equal([id], await other.IdsAsync(1));
        }
    }

    [Fact]
    public async Task The_scorecard_hears_every_process()
    {
        await Eventually.TrueAsync(async () =>
        {
            var processes = (await ReadAsync(_gateways[1], "/v1/performance")).GetProperty("processes").EnumerateArray()
                .Select(process => process.GetProperty("service").GetString()!).CountBy(service => service).ToDictionary();
            return processes.GetValueOrDefault("gateway") >= 2 && processes.GetValueOrDefault("service-hub") >= 2 && processes.GetValueOrDefault("data-layer") >= 1;
        });
    }

    [Fact]
    public async Task Without_one_gateway_and_one_hub_the_others_serve_everything()
    {
        await _system.RunAsync("service-hub-2", KnownResourceCommands.StopCommand);
        try
        {
            foreach (var gateway in _gateways)
            {
                await WriteAndReadAsync(gateway);
            }

            await _second.TerminateAsync();
            await WriteAndReadAsync(_gateways[0]);
        }
        finally
        {
            await _system.RestartAsync("service-hub-2");
        }
    }

    private async Task WriteAndReadAsync(HttpClient gateway)
    {
        for (var i = 0; i < 50; i++)
        {
            using var created = await gateway.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "{{i}}", "type": "{{_type}}"}"""));
            var agent = await created.JsonAsync(HttpStatusCode.Created);
            Assert.Equal($"{i}", (await ReadAsync(gateway, $"/v1/agents/{agent.Id()}")).GetProperty("name").GetString());
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpClient gateway, string address)
    {
        using var answer = await gateway.GetAsync(Relative(address));
        return await answer.JsonAsync();
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);
}
