using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Scheduling;

namespace StoryPortal.ServiceDefaults.Memory;

/// <summary>
/// Gives memory back to the machine when a peak is over. The collector runs while something is allocated, so a process that becomes quiet would keep
/// what it held at its busiest until it is busy again.
/// </summary>
internal sealed partial class MemoryReturn(IOptions<MemoryOptions> options, Pulse pulse, TimeProvider time, ILogger<MemoryReturn> logger) : BackgroundService
{
    private const int MostOftenSeconds = 5;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seconds = options.Value.ReturnAfterQuietSeconds;
        if (seconds == 0)
        {
            return;
        }

        var quiet = new Quiet(TimeSpan.FromSeconds(seconds), time);
        try
        {
            while (true)
            {
                await pulse.BeatAsync(Math.Min(seconds, MostOftenSeconds), stoppingToken);
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
