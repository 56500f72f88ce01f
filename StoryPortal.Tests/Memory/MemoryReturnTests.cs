using System.Net;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Memory;

/// <summary>A hub after a peak: the machine gets back what it does not need any more, and it serves as before.</summary>
[Collection(SharedSystem.Name)]
public sealed class MemoryReturnTests(StoryPortalSystem servers)
{
    private const int Events = 20_000;
    private const int Batches = 6;
    private const long Much = 64 << 20;

    [Fact]
    public async Task What_a_peak_has_left_goes_back_to_the_machine_when_it_has_become_quiet()
    {
        var system = new ProductionSystem(servers, new Dictionary<string, string> { ["Memory__ReturnAfterQuietSeconds"] = "1" });
        try
        {
            await system.InitializeAsync();
            var events = Enumerable.Repeat($$"""{"type": "much", "payload": "{{new string('x', 1000)}}"}""", Events).ToArray();
            var looks = new Lock();
            var highest = 0L; // on a busy machine it becomes quiet between two batches, and gives back some before the last
            await Parallel.ForAsync(0, Batches, async (_, stopped) =>
            {
                using var posted = await system.Gateway.Admin.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson(events), stopped);
                await posted.JsonAsync();
                lock (looks)
                {
                    highest = Math.Max(highest, system.HubProcess.Memory);
                }
            });

            var now = 0L;
            await Eventually.TrueAsync(
                () =>
                {
                    now = system.HubProcess.Memory;
                    highest = Math.Max(highest, now);
                    return Task.FromResult(highest - now >= Much && system.HubProcess.Output.Contains("It has become quiet", StringComparison.Ordinal));
                },
                () => $"{now >> 20} MiB, at most {highest >> 20}: {system.HubProcess.Output}");

            using var asked = await system.Gateway.GetAsync("/v1/events?type=much&limit=1", GatewayProcess.AdminKey);
            Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        }
        finally
        {
            await system.DisposeAsync();
        }
    }
}
