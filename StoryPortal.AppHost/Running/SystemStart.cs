using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StoryPortal.AppHost.Running;

/// <summary>The start of an application: complete when every resource is healthy, failed when one of them ends or the time is over.</summary>
public static class SystemStart
{
    private const int MaxLines = 12;

    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Waits until every resource that starts by itself is healthy.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="timeout">The time after which the start has failed.</param>
    /// <param name="onHealthy">Called with the name of each resource that has become healthy.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="DistributedApplicationException">The start failed. The message names the resource first, then its failing health checks and its last log lines.</exception>
    public static async Task WaitUntilHealthyAsync(IServiceProvider services, TimeSpan timeout, Action<string>? onHealthy, CancellationToken cancellationToken)
    {
        var pending = services.GetRequiredService<DistributedApplicationModel>().Resources.Where(StartsByItself).ToDictionary(resource => resource.Name);
        var latest = new Dictionary<string, ResourceEvent>();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            await foreach (var change in services.GetRequiredService<ResourceNotificationService>().WatchAsync(deadline.Token))
            {
                var (name, state) = (change.Resource.Name, change.Snapshot.State?.Text);
                latest[name] = change;
                if (!pending.ContainsKey(name))
                {
                    continue;
                }

                if (KnownResourceStates.TerminalStates.Contains(state))
                {
                    var code = change.Snapshot.ExitCode is { } exitCode ? $" with exit code {exitCode}" : "";
                    throw new DistributedApplicationException($"{name} ended{code} ({state}).\n{await LastLinesAsync(services, change)}");
                }

                if (state == KnownResourceStates.Running && change.Snapshot.HealthStatus is HealthStatus.Healthy)
                {
                    pending.Remove(name);
                    onHealthy?.Invoke(name);
                    if (pending.Count == 0)
                    {
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DistributedApplicationException(await DescribeAsync(services, timeout, pending, latest));
        }
    }

    private static bool StartsByItself(IResource resource) =>
        resource is ProjectResource or ExecutableResource or ContainerResource && !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any();

    // What runs, is not healthy and is waited for comes first.
    private static async Task<string> DescribeAsync(
        IServiceProvider services, TimeSpan timeout, Dictionary<string, IResource> pending, Dictionary<string, ResourceEvent> latest)
    {
        var text = new StringBuilder();
        var waitedFor = pending.Values.SelectMany(resource => resource.Annotations.OfType<WaitAnnotation>()).CountBy(wait => wait.Resource.Name).ToDictionary();
        var names = pending.Keys.OrderByDescending(name => latest.GetValueOrDefault(name)?.Snapshot.State?.Text == KnownResourceStates.Running)
            .ThenByDescending(name => waitedFor.GetValueOrDefault(name)).ThenBy(name => name, StringComparer.Ordinal).ToList();
        foreach (var name in names)
        {
            var snapshot = latest.GetValueOrDefault(name)?.Snapshot;
            text.Append(CultureInfo.InvariantCulture, $"{name} is not healthy after {timeout.TotalSeconds} s ({snapshot?.State?.Text ?? "not started"}).\n");
            AppendFailingChecks(text, snapshot);
        }

        return latest.GetValueOrDefault(names[0]) is { } first ? $"{text}{await LastLinesAsync(services, first)}" : text.ToString();
    }

    /// <summary>What is wrong with a resource: its state, its failing health checks and its last log lines.</summary>
    public static async Task<string> DescribeAsync(IServiceProvider services, ResourceEvent change)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"State {change.Snapshot.State?.Text ?? "unknown"}, exit code {change.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}.\n");
        AppendFailingChecks(text, change.Snapshot);
        return $"{text}{await LastLinesAsync(services, change)}";
    }

    private static void AppendFailingChecks(StringBuilder text, CustomResourceSnapshot? snapshot)
    {
        foreach (var check in snapshot?.HealthReports.Where(report => report.Status != HealthStatus.Healthy) ?? [])
        {
            var reason = check.Description ?? check.ExceptionText?.Split('\n')[0];
            text.Append(CultureInfo.InvariantCulture, $"Health check {check.Name} is {check.Status?.ToString() ?? "not run"}: {reason}\n");
        }
    }

    private static async Task<string> LastLinesAsync(IServiceProvider services, ResourceEvent change)
    {
        var lines = new List<string>();
        using var deadline = new CancellationTokenSource(LogTimeout); // the stream of a resource that runs has no end
        try
        {
            await foreach (var batch in services.GetRequiredService<ResourceLoggerService>().WatchAsync(change.ResourceId).WithCancellation(deadline.Token))
            {
                lines.AddRange(batch.Select(line => $"[{change.Resource.Name}] {line.Content}"));
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // What was logged until now has been read.
        }

        return string.Join('\n', lines.TakeLast(MaxLines));
    }
}
