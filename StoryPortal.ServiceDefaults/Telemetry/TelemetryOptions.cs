using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>What is traced and told, section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Telemetry";

    /// <summary>Share of new traces that are sampled, 0 to 1. Default: 1 in Development, 0.01 elsewhere.</summary>
    [Range(0.0, 1.0)]
    public double? SampleRatio { get; set; }

    /// <summary>
    /// Traces a minute that one authenticated caller can force by the sampled flag of its <c>traceparent</c>. Default 600.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CallerTracesPerMinute { get; set; } = 600;

    /// <summary>Milliseconds for which a process that ends tries to tell its collector what is left. Default 1,500.</summary>
    [Range(0, 60_000)]
    public int LastExportMilliseconds { get; set; } = 1500;
}
