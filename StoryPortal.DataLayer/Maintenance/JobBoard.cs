namespace StoryPortal.DataLayer.Maintenance;

/// <summary>The jobs' rows as the worker saw them last, for health and metrics: asking those costs no query.</summary>
internal sealed class JobBoard
{
    private volatile IReadOnlyList<MaintenanceJob> _jobs = [];

    public IReadOnlyList<MaintenanceJob> Jobs
    {
        get => _jobs;
        set => _jobs = value;
    }
}
