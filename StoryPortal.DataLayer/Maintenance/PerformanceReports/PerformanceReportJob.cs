using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Performance;

namespace StoryPortal.DataLayer.Maintenance.PerformanceReports;

/// <summary>Writes the report of the month: what to make faster.</summary>
internal sealed class PerformanceReportJob(PerformanceReport report, PerformanceStore store, IOptions<PerformanceReportOptions> options, TimeProvider time) : IMaintenanceJob
{
    public const string JobName = "performance-report";

    public string Name => JobName;

    public string Schedule => options.Value.Schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        var markdown = await report.WriteAsync(cancellationToken);
        await store.AddReportAsync(Timestamp.Now(time), markdown, cancellationToken);
        return new JobResult("Written; read it at /v1/performance/report", new JsonObject { ["characters"] = markdown.Length });
    }
}
