using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.AppHost.Commands;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>The dashboard command <c>Profile</c>.</summary>
[Collection(SharedSystem.Name)]
public sealed class ProfileCommandTests(StoryPortalSystem system)
{
    private const int Callers = 4;

    private static readonly string[] Waits = ["WaitNative", "WaitOneNoCheck", "EventLoop", "TimerThread"];

    [Fact]
    public async Task It_shows_the_methods_of_the_service_under_load_exclusive_and_inclusive_without_waits()
    {
        using var enough = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(enough.Token)).ToArray();
        var hub = Assert.Single(system.App.Services.GetRequiredService<DistributedApplicationModel>().GetProjectResources(), project => project.Name == "service-hub");
        var result = await system.App.ResourceCommands.ExecuteCommandAsync(hub, "profile");
        await enough.CancelAsync();
        await Task.WhenAll(callers);

        Assert.True(result.Success, result.Message);
        var report = result.Data!.Value;
        Assert.Matches(@"(?s)Exclusive: .*Inclusive: .*\n 1\. .*%", report);
        using var profiled = Process.GetProcessById(int.Parse(report.Split(' ', ',')[1], CultureInfo.InvariantCulture));
        Assert.Equal("StoryPortal.ServiceHub", profiled.ProcessName); // not `dotnet run`, which is all that the orchestrator knows
        Assert.All(Waits, wait => Assert.DoesNotContain(wait, report, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_is_gone_is_a_message_with_the_remedy()
    {
        using var gone = Process.Start("true");
        await gone.WaitForExitAsync();
        using var folder = new TemporaryFolder();
        var failure = await Assert.ThrowsAsync<DotnetTraceException>(
            () => new DotnetTrace(AppContext.BaseDirectory).ProfileAsync(gone.Id, Path.Combine(folder.FullPath, "gone.nettrace"), CancellationToken.None));
        Assert.Contains("is not running", failure.Message, StringComparison.Ordinal);
        Assert.Contains("try again", failure.Message, StringComparison.Ordinal);
        Assert.Null(ServiceProcess.Find(gone.Id, "StoryPortal.ServiceHub"));
    }

    [Fact]
    public async Task A_missing_tool_is_a_message_with_the_remedy()
    {
        using var folder = new TemporaryFolder(); // outside the repository, so that there is no manifest
        Directory.CreateDirectory(folder.FullPath);
        var failure = await Assert.ThrowsAsync<DotnetTraceException>(
            () => new DotnetTrace(folder.FullPath).ProfileAsync(Environment.ProcessId, Path.Combine(folder.FullPath, "none.nettrace"), CancellationToken.None));
        Assert.Contains("dotnet tool restore", failure.Message, StringComparison.Ordinal);
    }

    private async Task CallAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            using var response = await system.Gateway.GetAsync(new Uri("/v1/agents?limit=100", UriKind.Relative), CancellationToken.None);
            response.EnsureSuccessStatusCode();
        }
    }
}
