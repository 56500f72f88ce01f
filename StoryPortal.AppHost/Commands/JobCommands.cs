namespace StoryPortal.AppHost.Commands;

/// <summary>The worker's maintenance jobs, to be run from the dashboard.</summary>
public static class JobCommands
{
    /// <summary>Adds a command for each job: the hub notes the request, and the worker runs the job within about a second.</summary>
    public static IResourceBuilder<ProjectResource> WithJobCommands(this IResourceBuilder<ProjectResource> hub, IResourceBuilder<ParameterResource> adminKey)
    {
        Add("vacuum", "Vacuum now", "Broom");
        Add("retention", "Delete what is too old now", "DeleteLines", "Delete every row that is older than its table's retention?");
        Add("autovacuum-settings", "Check autovacuum settings now", "TableSettings");
        Add("index-report", "Report on indexes now", "DocumentTable");
        Add("performance-baseline", "Keep the scorecard now", "Ruler");
        Add("performance-report", "Write the performance report now", "DocumentText");
        return hub;

        void Add(string job, string displayName, string icon, string? confirmation = null) =>
            hub.WithAdminCommand($"run-{job}", displayName, $"/v1/admin/jobs/{job}/run", adminKey, icon, confirmation);
    }
}
