using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource runs and is healthy for the first time since it started.</summary>
    public class ResourceReadyEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        /// <inheritdoc />
        public IResource Resource { get; } = resource;

        /// <summary>The application's services.</summary>
        public IServiceProvider Services { get; } = services;
    }
}

namespace Aspire.Hosting
{
    /// <summary>Calls back when something happens.</summary>
    public static class DistributedApplicationEventingExtensions
    {
        /// <summary>Calls back when the resource is ready.</summary>
        public static IResourceBuilder<T> OnResourceReady<T>(this IResourceBuilder<T> builder, Func<T, ResourceReadyEvent, CancellationToken, Task> callback)
            where T : IResource
        {
            builder.ApplicationBuilder.Eventing.Subscribe<ResourceReadyEvent>(
                builder.Resource, (@event, cancellationToken) => callback(builder.Resource, @event, cancellationToken));
            return builder;
        }
    }
}
