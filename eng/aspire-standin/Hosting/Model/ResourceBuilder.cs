namespace Aspire.Hosting.ApplicationModel;

/// <summary>Whether an annotation joins or replaces those of its type.</summary>
public enum ResourceAnnotationMutationBehavior
{
    /// <summary>It joins them.</summary>
    Append,

    /// <summary>It replaces them.</summary>
    Replace,
}

/// <summary>Configures one resource of the application.</summary>
public interface IResourceBuilder<out T>
    where T : IResource
{
    /// <summary>The builder of the application.</summary>
    IDistributedApplicationBuilder ApplicationBuilder { get; }

    /// <summary>The resource.</summary>
    T Resource { get; }

    /// <summary>Adds an annotation.</summary>
    IResourceBuilder<T> WithAnnotation<TAnnotation>(
        TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
        where TAnnotation : IResourceAnnotation;
}

internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder applicationBuilder, T resource) : IResourceBuilder<T>
    where T : IResource
{
    public IDistributedApplicationBuilder ApplicationBuilder => applicationBuilder;

    public T Resource => resource;

    public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior)
        where TAnnotation : IResourceAnnotation
    {
        if (behavior == ResourceAnnotationMutationBehavior.Replace)
        {
            foreach (var existing in resource.Annotations.OfType<TAnnotation>().ToList())
            {
                resource.Annotations.Remove(existing);
            }
        }

        resource.Annotations.Add(annotation);
        return this;
    }
}
