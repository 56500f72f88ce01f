using StoryPortal.Tests.Running;
using Xunit.Abstractions;

namespace StoryPortal.Tests.Gateway;

/// <summary>What is asked beside callers that mean no good takes at most twice as long as when nobody else is there.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class NobodyNoticesTests(ITestOutputHelper output)
{
    private const long MostMemory = 1024L * 1024 * 1024;
    private const int Probes = 100;
    private const double Unnoticeable = 5; // milliseconds: what the machine itself does now and then

    [Theory]
    [InlineData("slow headers")]
    [InlineData("left bodies")]
    [InlineData("10,000 idle connections")]
    [InlineData("64 KB headers")]
    [Trait("Category", "Long")]
    public async Task Nobody_notices(string abuse)
    {
        await using var abused = await AbusedGateway.StartAsync();
        var gateway = abused.Process;
        await using (var warmUp = Prober.Start(gateway))
        {
            await warmUp.AnsweredAsync(20);
        }

        double normal;
        await using (var alone = Prober.Start(gateway))
        {
            await alone.AnsweredAsync(Probes);
            normal = alone.Percentile95;
        }

        await using var beside = Prober.Start(gateway);
        while (beside.Answered < Probes && !beside.Failed)
        {
            await (abuse switch
            {
                "slow headers" => abused.SlowHeadersAsync(),
                "left bodies" => abused.LeftBodiesAsync(),
                "10,000 idle connections" => abused.IdleConnectionsAsync(10_000, () => beside.AnsweredAsync(Probes)),
                _ => abused.LargeHeadersAsync(),
            });
        }

        output.WriteLine($"p95 of probes: {normal:0.00} ms alone, {beside.Percentile95:0.00} ms beside {abuse}; memory {gateway.Memory / 1024 / 1024} MB");
        Assert.InRange(beside.Percentile95, 0, Math.Max(2 * normal, Unnoticeable));
        Assert.InRange(gateway.Memory, 0, MostMemory);
    }
}
