using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>How a command that sends a request is shown and done.</summary>
    public class HttpCommandOptions : CommandOptions
    {
        /// <summary>The method, POST by default.</summary>
        public HttpMethod? Method { get; set; }

        /// <summary>Completes the request.</summary>
        public Func<HttpCommandRequestContext, Task>? PrepareRequest { get; set; }

        /// <summary>What of the answer is shown.</summary>
        public HttpCommandResultMode ResultMode { get; set; }
    }

    /// <summary>What of the answer to a command's request is shown.</summary>
    public enum HttpCommandResultMode
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>What its content type says.</summary>
        Auto,

        /// <summary>Its body, as JSON.</summary>
        Json,

        /// <summary>Its body, as text.</summary>
        Text,
    }

    /// <summary>The request of a command in the making.</summary>
    public sealed class HttpCommandRequestContext
    {
        /// <summary>The request.</summary>
        public required HttpRequestMessage Request { get; init; }

        /// <summary>Cancelled when the caller gives up.</summary>
        public required CancellationToken CancellationToken { get; init; }
    }
}

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        /// <summary>Adds a command that sends a request to the resource.</summary>
        public static IResourceBuilder<T> WithHttpCommand<T>(
            this IResourceBuilder<T> builder, string path, string displayName, string? endpointName = null, string? commandName = null,
            HttpCommandOptions? commandOptions = null)
            where T : IResourceWithEndpoints =>
            builder.WithHttpCommand(path, displayName, () => builder.Resource.HttpEndpoint(endpointName), commandName, commandOptions);

        /// <summary>Adds a command that sends a request to an endpoint of any resource.</summary>
        public static IResourceBuilder<T> WithHttpCommand<T>(
            this IResourceBuilder<T> builder, string path, string displayName, Func<EndpointReference>? endpointSelector, string? commandName = null,
            HttpCommandOptions? commandOptions = null)
            where T : IResourceWithEndpoints
        {
            var method = commandOptions?.Method ?? HttpMethod.Post;
            return builder.WithAnnotation(new ResourceCommandAnnotation(commandName ?? $"{method}-{path}", displayName, async context =>
            {
                using var request = new HttpRequestMessage(method, new Uri(new Uri((endpointSelector?.Invoke() ?? builder.Resource.HttpEndpoint(null)).Url), path));
                if (commandOptions?.PrepareRequest is { } prepare)
                {
                    await prepare(new HttpCommandRequestContext { Request = request, CancellationToken = context.CancellationToken });
                }

                using var client = context.ServiceProvider.GetRequiredService<IHttpClientFactory>().CreateClient();
                using var response = await client.SendAsync(request, context.CancellationToken);
                return new ExecuteCommandResult
                {
                    Success = response.IsSuccessStatusCode,
                    Message = response.IsSuccessStatusCode ? null : $"The request was answered with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(context.CancellationToken)}",
                };
            }));
        }
    }
}
