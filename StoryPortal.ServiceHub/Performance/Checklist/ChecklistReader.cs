using StoryPortal.DataLayer.Performance;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>Runs every check at the same time, each for a bounded time. One that fails to look, or takes too long, says so.</summary>
internal sealed class ChecklistReader(IEnumerable<ICheckGroup> groups, ScorecardReader scorecards, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<DataLayer.Performance.Checklist> ReadAsync(CancellationToken cancellationToken)
    {
        var (readings, unheard) = await scorecards.ReadSnapshotsAsync(cancellationToken);
        var context = new CheckContext(readings, unheard);
        var items = await Task.WhenAll(groups.SelectMany(group => group.Checks.Select(check => LookAsync(group.Name, check, context, cancellationToken))));
        return new DataLayer.Performance.Checklist(time.GetUtcNow(), Count(CheckStatus.Passed), Count(CheckStatus.Failed), Count(CheckStatus.CannotCheck), items);

        int Count(CheckStatus status) => items.Count(item => item.Status == status);
    }

    private static async Task<ChecklistItem> LookAsync(string group, Check check, CheckContext context, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        Finding finding;
        try
        {
            finding = await check.LookAsync(context, deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            finding = Finding.Unknown($"It took longer than {Patience.TotalSeconds} s to look.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            finding = Finding.Unknown($"Looking failed: {exception.Message}");
        }

        return new ChecklistItem(check.Id, group, check.What, finding.Status, finding.Evidence, finding.Status == CheckStatus.Failed ? check.Remedy : null);
    }
}
