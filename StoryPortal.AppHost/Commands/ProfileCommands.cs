using Microsoft.Extensions.DependencyInjection;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Commands;

/// <summary>Profiling a service from the dashboard.</summary>
public static class ProfileCommands
{
    private const string PidProperty = "executable.pid";

    /// <summary>Adds a command to each service that samples its stacks with dotnet-trace and shows where the time goes.</summary>
    public static void AddProfileCommands(this IReadOnlyList<IResourceBuilder<ProjectResource>> hubs, params IResourceBuilder<ProjectResource>[] others)
    {
        foreach (var service in hubs.Concat(others))
        {
            service.WithProfileCommand();
        }
    }

    private static void WithProfileCommand(this IResourceBuilder<ProjectResource> service) =>
        service.WithCommand("profile", "Profile", context => ProfileAsync(service, context), new CommandOptions
        {
            Description = $"Samples the stacks of all threads for {DotnetTrace.Duration.TotalSeconds:N0} s and shows the methods that take the most time.",
            IconName = "TopSpeed",
            UpdateState = context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
        });

    private static async Task<ExecuteCommandResult> ProfileAsync(IResourceBuilder<ProjectResource> service, ExecuteCommandContext context)
    {
        var program = Path.GetFileNameWithoutExtension(service.Resource.GetProjectMetadata().ProjectPath);
        if (ProcessId(context) is not { } started || ServiceProcess.Find(started, program) is not { } process)
        {
            return CommandResults.Failure($"No process of {context.ResourceName} runs on this machine. Start the resource, then try again.");
        }

        var folder = Path.Combine(DataDirectory.Of(service.ApplicationBuilder).FullPath, "profiles");
        Directory.CreateDirectory(folder);
        var trace = Path.Combine(folder, $"{context.ResourceName}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}.nettrace");
        try
        {
            var report = await new DotnetTrace(service.ApplicationBuilder.AppHostDirectory).ProfileAsync(process, trace, context.CancellationToken);
            return CommandResults.Success($"The trace is {trace}.", report, CommandResultFormat.Markdown, displayImmediately: true);
        }
        catch (DotnetTraceException failure)
        {
            return CommandResults.Failure(failure.Message);
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
    }

    private static int? ProcessId(ExecuteCommandContext context)
    {
        var notifications = context.Services.GetRequiredService<ResourceNotificationService>();
        return notifications.TryGetCurrentState(context.ResourceName, out var resource)
            ? resource.Snapshot.Properties.FirstOrDefault(property => property.Name == PidProperty)?.Value as int?
            : null;
    }
}
