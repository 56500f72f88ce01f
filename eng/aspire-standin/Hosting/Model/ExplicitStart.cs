using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>The resource does not start with the application.</summary>
    public sealed class ExplicitStartupAnnotation : IResourceAnnotation;
}

namespace Aspire.Hosting
{
    /// <summary>Configures resources.</summary>
    public static partial class ResourceBuilderExtensions
    {
        /// <summary>The resource starts by command only.</summary>
        public static IResourceBuilder<T> WithExplicitStart<T>(this IResourceBuilder<T> builder)
            where T : IResource => builder.WithAnnotation(new ExplicitStartupAnnotation(), ResourceAnnotationMutationBehavior.Replace);
    }
}
