using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The state of a resource at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>What kind of resource it is.</summary>
    public required string ResourceType { get; init; }

    /// <summary>What it is doing.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>How its process ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether it is healthy, while it runs.</summary>
    public HealthStatus? HealthStatus { get; init; }

    /// <summary>What each of its health checks says.</summary>
    public IReadOnlyList<HealthReportSnapshot> HealthReports { get; init; } = [];

    /// <summary>Whether it was healthy once since it started, and everybody who wants to know has been told.</summary>
    internal bool IsReady { get; init; }

    /// <summary>Why it does not run, if it should.</summary>
    internal string? Failure { get; init; }

    internal bool IsEnded => State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);
}

/// <summary>What a resource is doing: one of <see cref="KnownResourceStates"/>.</summary>
public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    /// <summary>A state without a style.</summary>
    public static implicit operator ResourceStateSnapshot?(string? s) => s is null ? null : new(s, null);
}

/// <summary>What a health check says.</summary>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description);

/// <summary>The state of a resource has changed.</summary>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Its id, which is its name.</summary>
    public string ResourceId { get; } = resourceId;

    /// <summary>Its state.</summary>
    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}

/// <summary>The states of resources.</summary>
public static class KnownResourceStates
{
    /// <summary>It has not been started.</summary>
    public static readonly string NotStarted = "NotStarted";

    /// <summary>It waits for others.</summary>
    public static readonly string Waiting = "Waiting";

    /// <summary>It is being started.</summary>
    public static readonly string Starting = "Starting";

    /// <summary>It runs.</summary>
    public static readonly string Running = "Running";

    /// <summary>It could not be started.</summary>
    public static readonly string FailedToStart = "FailedToStart";

    /// <summary>It is being stopped.</summary>
    public static readonly string Stopping = "Stopping";

    /// <summary>It was stopped.</summary>
    public static readonly string Exited = "Exited";

    /// <summary>It ended by itself.</summary>
    public static readonly string Finished = "Finished";

    /// <summary>The states in which it no longer runs.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];
}
