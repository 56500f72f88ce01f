using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Health;

/// <summary>The command <c>health</c> of a service, by which Compose knows whether it is ready.</summary>
[Collection(SharedSystem.Name)]
public sealed class HealthCommandTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("data-layer", "StoryPortal.DataLayer")]
    [InlineData("service-hub", "StoryPortal.ServiceHub")]
    [InlineData("gateway", "StoryPortal.Gateway")]
    public async Task It_succeeds_when_the_service_is_ready_and_shows_what_it_said(string resource, string project)
    {
        var (exitCode, output) = await RunAsync(project, system.App.GetEndpoint(resource, "http").Port);

        Assert.True(exitCode == 0, output);
        Assert.Contains($"\"service\":\"{resource}\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_fails_when_nobody_answers_or_no_port_is_named()
    {
        var port = ReservedPorts.Take(1)[0];

        var (unanswered, output) = await RunAsync("StoryPortal.Gateway", port);
        var (unasked, explanation) = await RunAsync("StoryPortal.Gateway", null);

        Assert.Equal((1, 1), (unanswered, unasked));
        Assert.Contains($"Port {port} does not answer", output, StringComparison.Ordinal);
        Assert.Contains("Listen__Http", explanation, StringComparison.Ordinal);
    }

    /// <summary>Runs it as a container's health check does.</summary>
    internal static async Task<(int ExitCode, string Output)> RunAsync(string project, int? port)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{project}.dll"), "health"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Listen__Http"] = port?.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
