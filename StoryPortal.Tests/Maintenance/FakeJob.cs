using System.Text.Json.Nodes;
using StoryPortal.DataLayer.Maintenance;

namespace StoryPortal.Tests.Maintenance;

/// <summary>A job that does what a test tells it.</summary>
internal sealed class FakeJob(Func<CancellationToken, Task>? work = null, string name = "fake", string schedule = "0 12 * * *") : IMaintenanceJob
{
    private int _runs;

    public int Runs => _runs;

    public string Name => name;

    public string Schedule => schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _runs);
        await (work?.Invoke(cancellationToken) ?? Task.CompletedTask);
        return new JobResult("Did it", new JsonObject { ["answer"] = 42 });
    }
}
