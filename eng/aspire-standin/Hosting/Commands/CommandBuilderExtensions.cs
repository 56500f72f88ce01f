using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>Something that can be done with a resource.</summary>
    public sealed class ResourceCommandAnnotation(string name, string displayName, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand)
        : IResourceAnnotation
    {
        /// <summary>Its name.</summary>
        public string Name { get; } = name;

        /// <summary>What it is called.</summary>
        public string DisplayName { get; } = displayName;

        /// <summary>Does it.</summary>
        public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;
    }

    /// <summary>How a command is shown.</summary>
    public class CommandOptions
    {
        /// <summary>What it does.</summary>
        public string? Description { get; set; }

        /// <summary>What is asked before it is done.</summary>
        public string? ConfirmationMessage { get; set; }

        /// <summary>Its icon.</summary>
        public string? IconName { get; set; }

        /// <summary>Whether it is shown beside the resource.</summary>
        public bool IsHighlighted { get; set; }
    }

    /// <summary>How a command that sends a request is shown and done.</summary>
    public class HttpCommandOptions : CommandOptions
    {
        /// <summary>The method, POST by default.</summary>
        public HttpMethod? Method { get; set; }

        /// <summary>Completes the request.</summary>
        public Func<HttpCommandRequestContext, Task>? PrepareRequest { get; set; }
    }

    /// <summary>The request of a command in the making.</summary>
    public sealed class HttpCommandRequestContext
    {
        /// <summary>The request.</summary>
        public required HttpRequestMessage Request { get; init; }

        /// <summary>Cancelled when the caller gives up.</summary>
        public required CancellationToken CancellationToken { get; init; }
    }

    /// <summary>What a command gets.</summary>
    public sealed class ExecuteCommandContext
    {
        /// <summary>The application's services.</summary>
        public required IServiceProvider ServiceProvider { get; init; }

        /// <summary>The name of the resource.</summary>
        public required string ResourceName { get; init; }

        /// <summary>Cancelled when the caller gives up.</summary>
        public required CancellationToken CancellationToken { get; init; }

        /// <summary>The log of the resource.</summary>
        public required ILogger Logger { get; init; }
    }

    /// <summary>How a command ended.</summary>
    public sealed class ExecuteCommandResult
    {
        /// <summary>Whether it was done.</summary>
        public required bool Success { get; init; }

        /// <summary>What there is to say.</summary>
        public string? Message { get; init; }
    }

    /// <summary>Makes results of commands.</summary>
    public static class CommandResults
    {
        /// <summary>It was done.</summary>
        public static ExecuteCommandResult Success() => new() { Success = true };

        /// <summary>It was done, and there is something to say.</summary>
        public static ExecuteCommandResult Success(string message) => new() { Success = true, Message = message };

        /// <summary>It was not done.</summary>
        public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, Message = errorMessage };
    }
}

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        /// <summary>Adds a command.</summary>
        public static IResourceBuilder<T> WithCommand<T>(
            this IResourceBuilder<T> builder, string name, string displayName, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
            CommandOptions? commandOptions = null)
            where T : IResource => builder.WithAnnotation(new ResourceCommandAnnotation(name, displayName, executeCommand));

        /// <summary>Adds a command that sends a request to the resource.</summary>
        public static IResourceBuilder<T> WithHttpCommand<T>(
            this IResourceBuilder<T> builder, string path, string displayName, string? endpointName = null, string? commandName = null,
            HttpCommandOptions? commandOptions = null)
            where T : IResourceWithEndpoints
        {
            var options = commandOptions ?? new HttpCommandOptions();
            return builder.WithCommand(commandName ?? $"{options.Method ?? HttpMethod.Post}-{path}", displayName, async context =>
            {
                var endpoint = builder.Resource.HttpEndpoint(endpointName);
                using var request = new HttpRequestMessage(options.Method ?? HttpMethod.Post, new Uri(new Uri(endpoint.Url), path));
                if (options.PrepareRequest is not null)
                {
                    await options.PrepareRequest(new HttpCommandRequestContext { Request = request, CancellationToken = context.CancellationToken });
                }

                using var client = context.ServiceProvider.GetRequiredService<IHttpClientFactory>().CreateClient();
                using var response = await client.SendAsync(request, context.CancellationToken);
                return response.IsSuccessStatusCode ? CommandResults.Success() : CommandResults.Failure($"The request was answered with {(int)response.StatusCode}.");
            });
        }

        internal static EndpointReference HttpEndpoint(this IResourceWithEndpoints resource, string? name) => name is not null
            ? resource.GetEndpoint(name)
            : resource.GetEndpoints().OrderBy(endpoint => endpoint.Scheme != "https").FirstOrDefault(endpoint => endpoint.Scheme is "http" or "https")
                ?? throw new DistributedApplicationException($"Resource '{resource.Name}' has no HTTP endpoint.");
    }
}
