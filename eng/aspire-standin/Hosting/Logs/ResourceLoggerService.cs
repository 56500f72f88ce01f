using System.Collections.Concurrent;
using Aspire.Hosting.StandIn;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The logs of the resources.</summary>
public class ResourceLoggerService
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);
    private readonly DistributedApplicationOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly IHostEnvironment _environment;

    internal ResourceLoggerService(DistributedApplicationOptions options, ILoggerFactory loggers, IHostEnvironment environment) =>
        (_options, _loggers, _environment) = (options, loggers, environment);

    /// <summary>The log of a resource, to write into.</summary>
    public ILogger GetLogger(IResource resource) => Log(resource.Name);

    internal ResourceLog Log(string resourceName) => _logs.GetOrAdd(resourceName, name => new ResourceLog(
        name, _options.EnableResourceLogging ? _loggers.CreateLogger($"{_environment.ApplicationName}.Resources.{name}") : null));
}
