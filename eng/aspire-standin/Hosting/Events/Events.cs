using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>The application is about to start; its model may still change.</summary>
    public class BeforeStartEvent(IServiceProvider services, DistributedApplicationModel model) : IDistributedApplicationEvent
    {
        /// <summary>The application's services.</summary>
        public IServiceProvider Services { get; } = services;

        /// <summary>The application's resources.</summary>
        public DistributedApplicationModel Model { get; } = model;
    }

    /// <summary>A resource is about to start.</summary>
    public class BeforeResourceStartedEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        /// <inheritdoc />
        public IResource Resource { get; } = resource;

        /// <summary>The application's services.</summary>
        public IServiceProvider Services { get; } = services;
    }

    /// <summary>The connection string of a resource is known.</summary>
    public class ConnectionStringAvailableEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        /// <inheritdoc />
        public IResource Resource { get; } = resource;

        /// <summary>The application's services.</summary>
        public IServiceProvider Services { get; } = services;
    }

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
        /// <summary>Calls back before the application starts.</summary>
        public static T OnBeforeStart<T>(this T builder, Func<BeforeStartEvent, CancellationToken, Task> callback)
            where T : IDistributedApplicationBuilder
        {
            builder.Eventing.Subscribe(callback);
            return builder;
        }

        /// <summary>Calls back before the resource starts.</summary>
        public static IResourceBuilder<T> OnBeforeResourceStarted<T>(
            this IResourceBuilder<T> builder, Func<T, BeforeResourceStartedEvent, CancellationToken, Task> callback)
            where T : IResource => builder.On(callback);

        /// <summary>Calls back when the connection string of the resource is known.</summary>
        public static IResourceBuilder<T> OnConnectionStringAvailable<T>(
            this IResourceBuilder<T> builder, Func<T, ConnectionStringAvailableEvent, CancellationToken, Task> callback)
            where T : IResourceWithConnectionString => builder.On(callback);

        /// <summary>Calls back when the resource is ready.</summary>
        public static IResourceBuilder<T> OnResourceReady<T>(this IResourceBuilder<T> builder, Func<T, ResourceReadyEvent, CancellationToken, Task> callback)
            where T : IResource => builder.On(callback);

        private static IResourceBuilder<T> On<T, TEvent>(this IResourceBuilder<T> builder, Func<T, TEvent, CancellationToken, Task> callback)
            where T : IResource
            where TEvent : IDistributedApplicationResourceEvent
        {
            builder.ApplicationBuilder.Eventing.Subscribe<TEvent>(
                builder.Resource, (@event, cancellationToken) => callback(builder.Resource, @event, cancellationToken));
            return builder;
        }
    }
}
