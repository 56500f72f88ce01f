using System.Collections.Concurrent;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults;

/// <summary>Acknowledged means committed, whatever is killed while writes are under way.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class DurabilityTests(TwoHubs two)
{
    private readonly StoryPortalSystem _system = two.System;

    [Fact]
    public async Task A_request_under_a_key_is_done_once_although_every_hub_was_killed()
    {
        const string Type = "durability-keys";
        var answered = new ConcurrentDictionary<int, Guid>();
        var sent = Enumerable.Range(0, 300).Select(i => Task.Run(async () =>
        {
            if (await PostAsync(i) is { } id)
            {
                answered[i] = id;
            }
        })).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(answered.Count >= 20));
        int[] processes = [.. _system.Service("service-hub"), .. _system.Service("service-hub-2")];
        await Signals.SendAsync("KILL", processes);
        await Victims.GoneAsync(processes);
        await Task.WhenAll(sent);
        await Task.WhenAll(_system.RestartAsync("service-hub"), _system.RestartAsync("service-hub-2"));

        // Whoever heard nothing sends it again, and whoever heard something hears the same.
        for (var i = 0; i < sent.Count; i++)
        {
            Guid? again = null;
            await Eventually.TrueAsync(async () => (again = await PostAsync(i)) is not null);
            Assert.Equal(answered.GetOrAdd(i, again!.Value), again);
        }

        Assert.Equal(answered.Values.Order(), (await StoredAsync(Type)).Order());

        async Task<Guid?> PostAsync(int number)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = Answers.Json($$"""{"type": "{{Type}}"}""") };
            request.Headers.Add("Idempotency-Key", $"{Type}-{number}");
            using var response = await _system.Gateway.SendAsync(request);
            return response.StatusCode == HttpStatusCode.Created ? (await response.JsonAsync(HttpStatusCode.Created)).Id() : null;
        }
    }

    private async Task<List<Guid>> StoredAsync(string type)
    {
        await using var command = _system.Database.CreateCommand("SELECT id FROM mcp_documents.events WHERE type = $1");
        command.Parameters.AddWithValue(type);
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
