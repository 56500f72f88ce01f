using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A container. The stand-in describes it and does not run it.</summary>
    public class ContainerResource(string name, string? entrypoint = null)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
    {
        /// <summary>What it runs instead of its image's own entry point.</summary>
        public string? Entrypoint { get; set; } = entrypoint;
    }

    /// <summary>The image of a container.</summary>
    public sealed class ContainerImageAnnotation : IResourceAnnotation
    {
        /// <summary>Where the image comes from.</summary>
        public string? Registry { get; set; }

        /// <summary>Its name.</summary>
        public required string Image { get; set; }

        /// <summary>Its version.</summary>
        public string? Tag { get; set; }
    }

    /// <summary>What a mount is.</summary>
    public enum ContainerMountType
    {
        /// <summary>A path of the host.</summary>
        BindMount,

        /// <summary>A volume.</summary>
        Volume,
    }

    /// <summary>Something mounted into a container.</summary>
    public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly) : IResourceAnnotation
    {
        /// <summary>The path or the name of the volume.</summary>
        public string? Source { get; } = source;

        /// <summary>Where it is mounted.</summary>
        public string Target { get; } = target;

        /// <summary>What it is.</summary>
        public ContainerMountType Type { get; } = type;

        /// <summary>Whether the container may not write to it.</summary>
        public bool IsReadOnly { get; } = isReadOnly;
    }
}

namespace Aspire.Hosting
{
    /// <summary>Adds and configures containers.</summary>
    public static class ContainerResourceBuilderExtensions
    {
        extension(IDistributedApplicationBuilder builder)
        {
            /// <summary>Adds a container of an image's latest version.</summary>
            public IResourceBuilder<ContainerResource> AddContainer(string name, string image) => builder.AddContainer(name, image, "latest");

            /// <summary>Adds a container.</summary>
            public IResourceBuilder<ContainerResource> AddContainer(string name, string image, string tag) =>
                builder.AddResource(new ContainerResource(name)).WithImage(image, tag);
        }

        extension<T>(IResourceBuilder<T> builder)
            where T : ContainerResource
        {
            /// <summary>Mounts a path of the host, relative to the AppHost's directory.</summary>
            public IResourceBuilder<T> WithBindMount(string source, string target, bool isReadOnly = false) => builder.WithAnnotation(
                new ContainerMountAnnotation(Path.GetFullPath(source, builder.ApplicationBuilder.AppHostDirectory), target, ContainerMountType.BindMount, isReadOnly));

            /// <summary>Chooses the image.</summary>
            public IResourceBuilder<T> WithImage(string image, string? tag = null) => builder.WithAnnotation(
                new ContainerImageAnnotation { Image = image, Tag = tag ?? "latest" }, ResourceAnnotationMutationBehavior.Replace);

            /// <summary>Chooses the version of the image.</summary>
            public IResourceBuilder<T> WithImageTag(string tag)
            {
                builder.Resource.Annotations.OfType<ContainerImageAnnotation>().Last().Tag = tag;
                return builder;
            }

            /// <summary>Runs something else than the image's own entry point.</summary>
            public IResourceBuilder<T> WithEntrypoint(string entrypoint)
            {
                builder.Resource.Entrypoint = entrypoint;
                return builder;
            }

            /// <summary>Mounts a volume.</summary>
            public IResourceBuilder<T> WithVolume(string? name, string target, bool isReadOnly = false) =>
                builder.WithAnnotation(new ContainerMountAnnotation(name, target, ContainerMountType.Volume, isReadOnly));
        }
    }
}
