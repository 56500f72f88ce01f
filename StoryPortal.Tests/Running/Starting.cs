using Aspire.Hosting;
using StoryPortal.AppHost.Running;

namespace StoryPortal.Tests.Running;

/// <summary>Starts applications of tests.</summary>
internal static class Starting
{
    /// <summary>Starts the application and waits until every resource is healthy.</summary>
    /// <exception cref="DistributedApplicationException">The start failed: which resource, its failing health checks and its last log lines.</exception>
    public static async Task StartHealthyAsync(this DistributedApplication app, TimeSpan timeout)
    {
        using var cancelled = new CancellationTokenSource();
        var healthy = SystemStart.WaitUntilHealthyAsync(app.Services, timeout, null, cancelled.Token);
        var started = app.StartAsync(cancelled.Token); // returns only when no resource waits for another any more
        try
        {
            await await Task.WhenAny(healthy, started);
            await Task.WhenAll(healthy, started);
        }
        finally
        {
            await cancelled.CancelAsync();
        }
    }
}
