using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>What is waited for.</summary>
    public enum WaitType
    {
        /// <summary>That the resource runs and is healthy.</summary>
        WaitUntilHealthy,
    }

    /// <summary>A resource waits for another one before it starts.</summary>
    public sealed class WaitAnnotation(IResource resource, WaitType waitType) : IResourceAnnotation
    {
        /// <summary>The other one.</summary>
        public IResource Resource { get; } = resource;

        /// <summary>What is waited for.</summary>
        public WaitType WaitType { get; } = waitType;
    }
}

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        extension<T>(IResourceBuilder<T> builder)
            where T : IResourceWithWaitSupport
        {
            /// <summary>Starts the resource once the other one is healthy.</summary>
            public IResourceBuilder<T> WaitFor(IResourceBuilder<IResource> dependency)
            {
                if (dependency.Resource is IResourceWithParent child)
                {
                    builder.WithAnnotation(new WaitAnnotation(child.Parent, WaitType.WaitUntilHealthy));
                }

                return builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilHealthy));
            }
        }
    }
}
