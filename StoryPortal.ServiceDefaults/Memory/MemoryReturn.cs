using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceDefaults.Memory;

/// <summary>
/// Gives memory back to the machine when a peak is over. The collector runs while something is allocated, so a process that becomes quiet would keep
/// what it held at its busiest until it is busy again.
/// </summary>
internal sealed partial class MemoryReturn(IOptions<MemoryOptions> options, TimeProvider time, ILogger<MemoryReturn> logger) : BackgroundService
{
    private static readonly TimeSpan MostOften = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var length = TimeSpan.FromSeconds(options.Value.ReturnAfterQuietSeconds);
        if (length == TimeSpan.Zero)
        {
            return;
        }

        var quiet = new Quiet(length, time);
        using var timer = new PeriodicTimer(length < MostOften ? length : MostOften, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var before = Committed();
                if (quiet.IsDue(GC.GetTotalAllocatedBytes(), before))
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    var after = Committed();
                    quiet.Returned();
                    LogReturned((before - after) >> 20, after >> 20);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static long Committed() => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;

    [LoggerMessage(1, LogLevel.Information, "It has become quiet: gave {Returned} MiB back, and keeps {Kept} for objects")]
    private partial void LogReturned(long returned, long kept);
}
