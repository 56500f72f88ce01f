using Aspire.Hosting.StandIn;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The commands that every process has.</summary>
public static class KnownResourceCommands
{
    /// <summary>Starts it.</summary>
    public static readonly string StartCommand = "start";

    /// <summary>Stops it.</summary>
    public static readonly string StopCommand = "stop";

    /// <summary>Stops and starts it.</summary>
    public static readonly string RestartCommand = "restart";
}

/// <summary>Executes commands of resources.</summary>
public class ResourceCommandService
{
    private readonly IServiceProvider _services;

    internal ResourceCommandService(IServiceProvider services) => _services = services;

    /// <summary>Executes a command of the resource of that name.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<DistributedApplicationModel>().Resources.TryGetByName(resourceId, out var resource)
            ? ExecuteCommandAsync(resource, commandName, cancellationToken)
            : Task.FromResult(Failure($"Resource '{resourceId}' not found."));

    /// <summary>Executes a command of the resource.</summary>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        if (resource.Annotations.OfType<ResourceCommandAnnotation>().LastOrDefault(command => command.Name == commandName) is { } custom)
        {
            return await custom.ExecuteCommand(new ExecuteCommandContext
            {
                ServiceProvider = _services,
                ResourceName = resource.Name,
                CancellationToken = cancellationToken,
                Logger = _services.GetRequiredService<ResourceLoggerService>().GetLogger(resource),
            });
        }

        var runner = _services.GetRequiredService<Orchestrator>().Runner(resource);
        if (!((string[])[KnownResourceCommands.StartCommand, KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand]).Contains(commandName))
        {
            return Failure($"Resource '{resource.Name}' has no command '{commandName}'.");
        }

        if (commandName != KnownResourceCommands.StartCommand)
        {
            await runner.StopAsync(cancellationToken);
        }

        if (commandName != KnownResourceCommands.StopCommand)
        {
            await runner.StartAsync(cancellationToken);
        }

        var states = _services.GetRequiredService<ResourceNotificationService>();
        return states.TryGetCurrentState(resource.Name, out var state) && state.Snapshot.Failure is { } failure
            ? Failure(failure)
            : new ExecuteCommandResult { Success = true };
    }

    private static ExecuteCommandResult Failure(string message) => new() { Success = false, Message = message };
}
