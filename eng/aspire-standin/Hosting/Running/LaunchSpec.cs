using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.StandIn;

/// <summary>Works out what to start for a resource: the program, its arguments and its environment.</summary>
internal sealed class LaunchSpec(DistributedApplicationExecutionContext executionContext, IHostEnvironment environment, DashboardProcess dashboard)
{
    public async Task<ChildProcessSpec> CreateAsync(IResource resource, CancellationToken cancellationToken)
    {
        var args = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(new CommandLineArgsCallbackContext(args, resource, cancellationToken) { ExecutionContext = executionContext });
        }

        var variables = new Dictionary<string, object>();
        if (resource is ProjectResource && dashboard.OtlpEndpoint is { } otlpEndpoint)
        {
            Telemetry.AddTo(variables, resource, otlpEndpoint, environment);
        }

        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint.TargetPortVariable is not null))
        {
            variables[endpoint.TargetPortVariable!] = endpoint.AllocatedEndpoint!.Port;
        }

        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(new EnvironmentCallbackContext(executionContext, resource, variables, cancellationToken));
        }

        var texts = new Dictionary<string, string>();
        foreach (var (name, value) in variables)
        {
            texts[name] = await TextAsync(value, cancellationToken);
        }

        var words = new List<string>();
        foreach (var arg in args)
        {
            words.Add(await TextAsync(arg, cancellationToken));
        }

        return resource switch
        {
            ExecutableResource executable => new(executable.Command, words, executable.WorkingDirectory, texts),
            _ => Project(resource.Annotations.OfType<IBuiltProjectMetadata>().Single(), words, texts),
        };
    }

    private static ChildProcessSpec Project(IBuiltProjectMetadata project, List<string> args, Dictionary<string, string> variables) =>
        new(CommandPath.Dotnet, [project.AssemblyPath, .. args], Path.GetDirectoryName(project.ProjectPath)!, variables);

    private static async ValueTask<string> TextAsync(object value, CancellationToken cancellationToken) => value switch
    {
        IValueProvider provider => await provider.GetValueAsync(cancellationToken) ?? "",
        IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(cancellationToken) ?? "",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
