using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Runs an AppHost's entry point as far as <see cref="IDistributedApplicationBuilder.Build"/>, where the test takes over.</summary>
internal sealed class EntryPointRun(Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder)
{
    private static readonly AsyncLocal<EntryPointRun?> Running = new();
    private readonly TaskCompletionSource<IDistributedApplicationTestingBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The run that this code is part of; runs beside each other each have their own.</summary>
    public static EntryPointRun? Current => Running.Value;

    public Task<IDistributedApplicationTestingBuilder> BuilderAsync(CancellationToken cancellationToken)
    {
        var entryPoint = appHost.EntryPoint ?? throw new InvalidOperationException($"{appHost.GetName().Name} has no entry point.");
        _ = Task.Factory.StartNew(() => Run(entryPoint), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return _builder.Task.WaitAsync(cancellationToken);
    }

    public DistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        options.Args = [.. options.Args ?? [], .. LaunchProfile.Args(LaunchProfile.ProjectDirectory(appHost) ?? "", options.Args ?? [])];
        options.AssemblyName = appHost.GetName().Name;
        return DistributedApplicationTestingBuilder.CreateBuilder(options, configureBuilder);
    }

    public void StopAtBuild(IDistributedApplicationTestingBuilder builder)
    {
        _builder.TrySetResult(builder);
        throw new StoppedAtBuildException();
    }

    private void Run(MethodInfo entryPoint)
    {
        Running.Value = this;
        try
        {
            entryPoint.Invoke(null, BindingFlags.DoNotWrapExceptions, null, entryPoint.GetParameters().Length == 0 ? [] : [args], null);
            _builder.TrySetException(new InvalidOperationException($"{appHost.GetName().Name} ended without building an application."));
        }
        catch (StoppedAtBuildException)
        {
            // Meant: this is how the entry point is left.
        }
        catch (Exception exception)
        {
            // What keeps the AppHost from building is for the test that asked for it.
            _builder.TrySetException(exception);
        }
    }

    private sealed class StoppedAtBuildException : Exception;
}
