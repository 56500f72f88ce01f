using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>Health URLs of one owner that accept and never respond: the hub polls those of another as before.</summary>
[Collection(SharedSystem.Name)]
public sealed class HealthPollTests(StoryPortalSystem servers)
{
    [Fact]
    public Task Two_hundred_health_urls_that_never_respond_delay_no_other_owner() => BesideSilenceAsync(instances: 200);

    [Fact]
    [Trait("Category", "Long")]
    public Task Three_thousand_health_urls_that_never_respond_delay_no_other_owner() => BesideSilenceAsync(instances: 3000);

    // A poll lasts for a minute, so that without a share of their own others would wait for hours.
    private async Task BesideSilenceAsync(int instances)
    {
        await using var system = new ProductionSystem(servers, new()
        {
            ["HealthPolls__PrivateAddresses"] = "true",
            ["HealthPolls__Concurrency"] = "4",
            ["HealthPolls__ConcurrencyPerOwner"] = "2",
            ["HealthPolls__IntervalSeconds"] = "1",
            ["HealthPolls__TimeoutSeconds"] = "60",
        });
        await system.InitializeAsync();
        var (_, attacker) = await system.CreateKeyAsync("attacker", "write");
        var (_, owner) = await system.CreateKeyAsync("owner", "write");
        await using var silence = new SilentListener();
        var silentUrl = $"http://127.0.0.1:{silence.Port}/";
        await Parallel.ForAsync(0, instances, async (i, _) => await RegisterAsync(system, attacker, $"silent/instances/{i}", silentUrl));
        await Eventually.TrueAsync(() => Task.FromResult(silence.Connections >= 2));

        var polls = 0;
        await using var healthy = await StartAsync(() => Interlocked.Increment(ref polls));
        await RegisterAsync(system, owner, "healthy/instances/a", new Uri(healthy.Urls.Single()).AbsoluteUri);
        await Eventually.TrueAsync(
            () => Task.FromResult(Volatile.Read(ref polls) >= 3),
            () => $"{polls} polls, {silence.Connections} connections to the silent host");
    }

    private static async Task RegisterAsync(ProductionSystem system, string key, string instance, string healthUrl) => await system.SendAsync(
        HttpStatusCode.Created, key, "PUT", $"/v1/services/{instance}",
        $$"""{"url": "http://127.0.0.1:9/", "lease_seconds": 3600, "health_url": "{{healthUrl}}"}""");

    private static async Task<WebApplication> StartAsync(Action polled)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapGet("/", () =>
        {
            polled();
            return TypedResults.NoContent();
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>A host that accepts every connection and never responds.</summary>
    private sealed class SilentListener : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentBag<TcpClient> _clients = [];
        private readonly Task _accepting;

        public SilentListener()
        {
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Connections => _clients.Count;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _accepting;
            foreach (var client in _clients)
            {
                client.Dispose();
            }
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _clients.Add(await _listener.AcceptTcpClientAsync());
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // It was stopped.
            }
        }
    }
}
