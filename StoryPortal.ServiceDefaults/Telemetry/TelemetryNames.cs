namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>The names under which Story Portal's own meters and activity sources are collected.</summary>
public static class TelemetryNames
{
    /// <summary>Every meter and activity source of ours starts with this prefix.</summary>
    public const string Prefix = "StoryPortal.";

    internal const string MeterPattern = Prefix + "*";
}
