using StoryPortal.DataLayer.Performance;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>A row of the checklist.</summary>
/// <param name="Id">Its name.</param>
/// <param name="What">What should be so.</param>
/// <param name="Remedy">What to do where it is not.</param>
/// <param name="LookAsync">Looks whether it is.</param>
internal sealed record Check(string Id, string What, string Remedy, Func<CheckContext, CancellationToken, Task<Finding>> LookAsync);

/// <summary>What all checks of one answer share: it is heard once.</summary>
/// <param name="Snapshots">The measurements of the processes.</param>
/// <param name="Unheard">Processes that could not be heard.</param>
internal sealed record CheckContext(MetricSnapshots Snapshots, IReadOnlyList<UnheardProcess> Unheard);

/// <summary>What a check saw.</summary>
/// <param name="Status">Whether it is as it should be.</param>
/// <param name="Evidence">What was seen, or why nothing could be.</param>
internal readonly record struct Finding(CheckStatus Status, string Evidence)
{
    /// <summary>Passed or failed.</summary>
    public static Finding Of(bool passed, string evidence) => new(passed ? CheckStatus.Passed : CheckStatus.Failed, evidence);

    /// <summary>Nobody can tell here and now.</summary>
    public static Finding Unknown(string why) => new(CheckStatus.CannotCheck, why);
}

/// <summary>The checks of one part of the system.</summary>
internal interface ICheckGroup
{
    /// <summary>What it is called in the checklist.</summary>
    string Name { get; }

    /// <summary>Its rows.</summary>
    IEnumerable<Check> Checks { get; }
}
