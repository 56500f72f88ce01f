using System.Globalization;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StoryPortal.Tests.Running;

/// <summary>Waits for the resources of a running application, and says what is wrong with those that are not healthy.</summary>
internal static class ResourceHealth
{
    private const int LogLines = 20;

    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Waits until a resource is healthy.</summary>
    /// <param name="app">The running application.</param>
    /// <param name="name">The resource.</param>
    /// <param name="cancellationToken">The deadline.</param>
    /// <param name="startedAfter">A process that started before does not count as ended; null where the resource is started for the first time.</param>
    /// <exception cref="DistributedApplicationException">The resource ended, or is not healthy at the deadline.</exception>
    public static async Task WaitUntilHealthyAsync(this DistributedApplication app, string name, CancellationToken cancellationToken, DateTime? startedAfter = null)
    {
        // WaitForResourceHealthyAsync stops at each terminal state by default. DCP's watch is behind the start command: the last states of the process before
        // may be reported after it, and "failed to start" is said of a resource that starts.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var healthy = app.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.WaitOnResourceUnavailable, ends.Token);
        var ended = app.ResourceNotifications.WaitForResourceAsync(name, change => HasEnded(change.Snapshot, startedAfter), ends.Token);
        await Task.WhenAny(healthy, ended);
        await ends.CancelAsync();
        await Task.WhenAll((Task)healthy, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!healthy.IsCompletedSuccessfully)
        {
            throw new DistributedApplicationException(
                $"{name} {(ended.IsCompletedSuccessfully ? "has ended" : "has not become healthy in time")}.\n{await app.DescribeAsync()}");
        }
    }

    /// <summary>The resources that are not well, each with its state, its failing health checks and its last log lines.</summary>
    public static async Task<string> DescribeAsync(this DistributedApplication app)
    {
        var text = new StringBuilder();
        foreach (var resource in app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<IResourceWithEndpoints>())
        {
            if (!app.ResourceNotifications.TryGetCurrentState(resource.Name, out var current) || IsWell(current.Snapshot))
            {
                continue;
            }

            var snapshot = current.Snapshot;
            text.AppendLine(CultureInfo.InvariantCulture, $"{resource.Name}: {snapshot.State?.Text ?? "no state"}{(snapshot.ExitCode is { } code ? $", exit code {code}" : "")}");
            foreach (var report in snapshot.HealthReports.Where(report => report.Status != HealthStatus.Healthy))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  check {report.Name}: {report.Status?.ToString() ?? "has not run"} {report.Description} {report.ExceptionText}");
            }

            foreach (var line in await LastLinesAsync(app, resource))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  | {line}");
            }
        }

        return text.ToString();
    }

    private static bool HasEnded(CustomResourceSnapshot snapshot, DateTime? startedAfter) => snapshot.State?.Text is { } state
        && (state == KnownResourceStates.FailedToStart
            || (KnownResourceStates.TerminalStates.Contains(state) && (startedAfter is null || snapshot.StartTimeStamp > startedAfter)));

    // NotStarted: resources that are started by hand alone.
    private static bool IsWell(CustomResourceSnapshot snapshot) => snapshot.HealthStatus == HealthStatus.Healthy || snapshot.State?.Text == KnownResourceStates.NotStarted;

    private static async Task<IEnumerable<string>> LastLinesAsync(DistributedApplication app, IResource resource)
    {
        var lines = new List<string>();
        using var deadline = new CancellationTokenSource(LogTimeout);
        try
        {
            await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resource).WithCancellation(deadline.Token))
            {
                lines.AddRange(batch.Select(line => line.Content));
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            lines.Add("(The rest of the log has not arrived in time.)");
        }

        return lines.TakeLast(LogLines);
    }
}
