using System.Diagnostics;
using System.Diagnostics.Metrics;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>What the jobs tell to traces and metrics.</summary>
internal sealed class JobTelemetry
{
    // From a look at the catalogue to the vacuum of a very large table.
    private static readonly double[] Boundaries = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600];

    private static readonly ActivitySource Source = new(TelemetryNames.Prefix + "DataLayer");

    private readonly Histogram<double> _duration;

    public JobTelemetry(IMeterFactory meters, JobBoard board)
    {
        var meter = meters.Create(TelemetryNames.Prefix + "DataLayer");
        _duration = meter.CreateHistogram(
            "maintenance_job_duration_seconds", unit: "s", "Time that a run of a maintenance job took.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });

        // From the jobs' rows: the same after a restart, and whichever worker ran them.
        meter.CreateObservableGauge(
            "maintenance_job_last_success_timestamp_seconds", () => board.Jobs.Where(job => job.LastSuccessAt is not null).Select(job =>
                new Measurement<double>(job.LastSuccessAt!.Value.ToUnixTimeMilliseconds() / 1000.0, new KeyValuePair<string, object?>("job", job.Name))),
            unit: "s", "When a maintenance job last succeeded, in seconds since 1970.");
        meter.CreateObservableGauge(
            "maintenance_job_next_run_timestamp_seconds", () => board.Jobs.Where(job => job.NextRunAt is not null).Select(job =>
                new Measurement<double>(job.NextRunAt!.Value.ToUnixTimeMilliseconds() / 1000.0, new KeyValuePair<string, object?>("job", job.Name))),
            unit: "s", "When a maintenance job is due, in seconds since 1970; it stays due until it has ended. None for a job that only runs on request.");
    }

    /// <summary>Begins the trace of a run.</summary>
    public static Activity? Start(string job) => Source.StartActivity($"maintenance {job}")?.SetTag("job.name", job);

    public void Record(string job, string outcome, TimeSpan duration) => _duration.Record(
        duration.TotalSeconds, new KeyValuePair<string, object?>("job", job), new KeyValuePair<string, object?>("outcome", outcome));
}
