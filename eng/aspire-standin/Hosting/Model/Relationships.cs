using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource belongs to another one.</summary>
    public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
    {
        /// <summary>The other resource.</summary>
        public IResource Resource { get; } = resource;

        /// <summary>How they belong together.</summary>
        public string Type { get; } = type;
    }

    /// <summary>The resource does not start with the application.</summary>
    public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

    /// <summary>How a resource is written to a manifest.</summary>
    public class ManifestPublishingCallbackAnnotation : IResourceAnnotation
    {
        private ManifestPublishingCallbackAnnotation()
        {
        }

        /// <summary>Not at all.</summary>
        public static ManifestPublishingCallbackAnnotation Ignore { get; } = new();
    }
}

namespace Aspire.Hosting
{
    /// <summary>Configures resources.</summary>
    public static partial class ResourceBuilderExtensions
    {
        extension<T>(IResourceBuilder<T> builder)
            where T : IResource
        {
            /// <summary>The resource starts by command only.</summary>
            public IResourceBuilder<T> WithExplicitStart() =>
                builder.WithAnnotation(new ExplicitStartupAnnotation(), ResourceAnnotationMutationBehavior.Replace);

            /// <summary>The resource is shown below another one.</summary>
            public IResourceBuilder<T> WithParentRelationship(IResourceBuilder<IResource> parent) =>
                builder.WithAnnotation(new ResourceRelationshipAnnotation(parent.Resource, "Parent"));

            /// <summary>The resource is not published.</summary>
            public IResourceBuilder<T> ExcludeFromManifest() =>
                builder.WithAnnotation(ManifestPublishingCallbackAnnotation.Ignore, ResourceAnnotationMutationBehavior.Replace);
        }
    }
}
