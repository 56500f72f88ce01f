using StoryPortal.DataLayer.Maintenance.Autovacuum;
using StoryPortal.DataLayer.Maintenance.Baselines;
using StoryPortal.DataLayer.Maintenance.IndexReport;
using StoryPortal.DataLayer.Maintenance.PerformanceReports;
using StoryPortal.DataLayer.Maintenance.Retention;
using StoryPortal.DataLayer.Maintenance.Vacuum;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>The jobs that keep the database in order, for the worker.</summary>
public static class MaintenanceExtensions
{
    /// <summary>Adds every job, and what runs them when they are due.</summary>
    public static IHostApplicationBuilder AddMaintenance(this IHostApplicationBuilder builder)
    {
        builder.AddJob<VacuumJob, VacuumOptions>(VacuumJob.JobName, VacuumOptions.Section);
        builder.AddJob<RetentionJob, RetentionOptions>(RetentionJob.JobName, RetentionOptions.Section);
        builder.AddJob<AutovacuumJob, AutovacuumOptions>(AutovacuumJob.JobName, AutovacuumOptions.Section);
        builder.AddJob<IndexReportJob, IndexReportOptions>(IndexReportJob.JobName, IndexReportOptions.Section);
        builder.AddJob<BaselineJob, BaselineOptions>(BaselineJob.JobName, BaselineOptions.Section);
        builder.AddJob<PerformanceReportJob, PerformanceReportOptions>(PerformanceReportJob.JobName, PerformanceReportOptions.Section);

        builder.AddValidated<MaintenanceOptions>(MaintenanceOptions.Section);
        builder.Services.AddSingleton<QuietestHour>();
        builder.Services.AddSingleton<JobSchedule>();
        builder.Services.AddSingleton<JobBoard>();
        builder.Services.AddSingleton<JobTelemetry>();
        builder.Services.AddSingleton<JobRunner>();
        builder.Services.AddHostedService<MaintenanceWorker>();
        return builder;
    }

    private static void AddJob<TJob, TOptions>(this IHostApplicationBuilder builder, string name, string section)
        where TJob : class, IMaintenanceJob
        where TOptions : class
    {
        builder.AddValidated<TOptions>(section);
        builder.Services.AddSingleton<TJob>();
        builder.Services.AddSingleton<IMaintenanceJob>(services => services.GetRequiredService<TJob>());
        builder.Services.AddHealthChecks().AddDependencyCheck<JobCheck<TJob>>($"job:{name}");
    }

    private static void AddValidated<TOptions>(this IHostApplicationBuilder builder, string section) where TOptions : class =>
        builder.Services.AddOptions<TOptions>().Bind(builder.Configuration.GetSection(section)).ValidateDataAnnotations().ValidateOnStart();
}
