using System.Diagnostics;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults;

/// <summary>Leases while no sign of life can be told.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class LeaseOutageTests(TwoHubs hubs)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Outage = Lease + TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pulse = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task An_outage_of_the_database_that_is_longer_than_a_lease_expires_none()
    {
        var system = hubs.System;
        var service = $"leased-{Guid.NewGuid():N}";
        var instance = $"/v1/services/{service}/instances/a";
        using var registered = await system.Gateway.PutAsync(Relative(instance), Answers.Json($$"""{"url": "http://127.0.0.1:9/", "lease_seconds": {{Lease.Seconds}}}"""));
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);

        using var ends = new CancellationTokenSource();
        var heard = 0;
        var beating = BeatAsync();
        var processes = await system.PostgresAsync();
        await Signals.SendAsync("STOP", processes);
        try
        {
            var frozen = Stopwatch.StartNew();
            await Eventually.TrueAsync(() => Task.FromResult(frozen.Elapsed >= Outage));
        }
        finally
        {
            await Signals.SendAsync("CONT", processes);
        }

        await system.DatabaseAnswersAsync();
        var before = Volatile.Read(ref heard);
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref heard) > before));
        await ends.CancelAsync();
        await beating;

        using var answer = await system.Gateway.GetAsync(Relative($"/v1/services/{service}"));
        Assert.Equal("passing", (await answer.JsonAsync()).GetProperty("status").GetString());
        await using var command = system.Database.CreateCommand("SELECT type FROM mcp_documents.events WHERE payload->>'service' = $1 ORDER BY seq");
        command.Parameters.Add(new() { Value = service });
        await using (var rows = await command.ExecuteReaderAsync())
        {
            var trail = new List<string>();
            while (await rows.ReadAsync())
            {
                trail.Add(rows.GetString(0));
            }

            Assert.Equal(["service.registered"], trail);
        }

        using var left = await system.Gateway.DeleteAsync(Relative(instance));
        Assert.Equal(HttpStatusCode.NoContent, left.StatusCode);

        async Task BeatAsync()
        {
            while (!ends.IsCancellationRequested)
            {
                using var beat = await system.Gateway.PostAsync(Relative($"{instance}/heartbeat"), null);
                heard += beat.StatusCode == HttpStatusCode.NoContent ? 1 : 0;
                await Task.Delay(Pulse, ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);
}
