using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>What is waited for.</summary>
    public enum WaitType
    {
        /// <summary>That the resource runs and is healthy.</summary>
        WaitUntilHealthy,

        /// <summary>That the resource has ended.</summary>
        WaitForCompletion,

        /// <summary>That the resource runs.</summary>
        WaitUntilStarted,
    }

    /// <summary>A resource waits for another one before it starts.</summary>
    public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
    {
        /// <summary>The other one.</summary>
        public IResource Resource { get; } = resource;

        /// <summary>What is waited for.</summary>
        public WaitType WaitType { get; } = waitType;

        /// <summary>The exit code that counts as completed.</summary>
        public int ExitCode { get; } = exitCode;
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

            /// <summary>Starts the resource once the other one runs.</summary>
            public IResourceBuilder<T> WaitForStart(IResourceBuilder<IResource> dependency) =>
                builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilStarted));

            /// <summary>Starts the resource once the other one has ended.</summary>
            public IResourceBuilder<T> WaitForCompletion(IResourceBuilder<IResource> dependency, int exitCode = 0) =>
                builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitForCompletion, exitCode));
        }
    }
}
