using System.Diagnostics;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>Runs one cell of the matrix: a steady load, a fault in the middle of it, and everybody well again in the end.</summary>
internal static class FaultCell
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public static async Task<FaultResult> RunAsync(FaultySystem system, Victim victim, Fault fault, bool inCi)
    {
        var lasts = TimeSpan.FromSeconds(inCi ? fault.LastsInCi : fault.Lasts);
        try
        {
            await victim.PrepareAsync(system);
            await victim.IsWellAsync(system);
            await using var load = await SteadyLoad.StartAsync(system.Client, $"fault-{Guid.NewGuid():N}");
            using var watch = new CancellationTokenSource();
            var began = Stopwatch.GetTimestamp();
            var noticing = NoticeAsync(victim, system, began, watch.Token);
            long ended;
            try
            {
                await fault.BeginAsync(victim, system);
                await Task.Delay(lasts); // it is what is measured
            }
            finally
            {
                ended = Stopwatch.GetTimestamp();
                await fault.EndAsync(victim, system);
            }

            await victim.IsWellAsync(system);
            await load.FlowsAsync();
            await watch.CancelAsync();
            await system.System.DatabaseAnswersAsync(); // the test's own connections
            var findings = await load.StopAsync(system.System.Database);
            return new FaultResult(victim, fault, [.. load.Requests], began, ended, await noticing, findings);
        }
        finally
        {
            await victim.RestoreAsync(system);
        }
    }

    private static async Task<TimeSpan?> NoticeAsync(Victim victim, FaultySystem system, long began, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await victim.IsNoticedAsync(system.System))
                {
                    return Stopwatch.GetElapsedTime(began);
                }
            }
            catch (HttpRequestException)
            {
                // Whoever is asked is the victim, or its neighbour.
            }

            await Task.Delay(Look, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }
}
