using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A .NET project that runs as a process.</summary>
    public class ProjectResource(string name)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

    /// <summary>How often a resource is published.</summary>
    public class ReplicaAnnotation(int replicas = 1) : IResourceAnnotation
    {
        /// <summary>So many times.</summary>
        public int Replicas { get; } = replicas;
    }
}

namespace Aspire.Hosting
{
    /// <summary>A resource that service discovery can find.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

    /// <summary>Which project it is.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        /// <summary>Its project file.</summary>
        string ProjectPath { get; }
    }

    /// <summary>A project that was built together with the AppHost; the build generates the types.</summary>
    public interface IBuiltProjectMetadata : IProjectMetadata
    {
        /// <summary>The assembly that the build made of it.</summary>
        string AssemblyPath { get; }
    }

    /// <summary>How a project is added.</summary>
    public class ProjectResourceOptions
    {
        /// <summary>Whether its launch profile is ignored; the stand-in always ignores it.</summary>
        public bool ExcludeLaunchProfile { get; set; }
    }

    /// <summary>Adds projects.</summary>
    public static class ProjectResourceBuilderExtensions
    {
        /// <summary>Adds a project.</summary>
        public static IResourceBuilder<ProjectResource> AddProject<TProject>(
            this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
            where TProject : IProjectMetadata, new()
        {
            configure(new ProjectResourceOptions());
            return builder.AddProject<TProject>(name);
        }

        /// <summary>Adds a project.</summary>
        public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
            where TProject : IProjectMetadata, new() => builder
                .AddResource(new ProjectResource(name))
                .WithAnnotation(new TProject())
                .WithEnvironment(AddUrls)
                .WithEnvironment(BelieveProxies);

        /// <summary>Publishes the project so many times; the stand-in runs it once.</summary>
        public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
            builder.WithAnnotation(new ReplicaAnnotation(replicas));

        /// <summary>Does not tell the project to believe every proxy.</summary>
        public static IResourceBuilder<ProjectResource> DisableForwardedHeaders(this IResourceBuilder<ProjectResource> builder) =>
            builder.WithAnnotation(new DisableForwardedHeadersAnnotation());

        private static void BelieveProxies(EnvironmentCallbackContext context)
        {
            if (context.ExecutionContext.IsPublishMode && !context.Resource.Annotations.OfType<DisableForwardedHeadersAnnotation>().Any())
            {
                context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
            }
        }

        private sealed class DisableForwardedHeadersAnnotation : IResourceAnnotation;

        // Of the endpoints that have no variable of their own.
        private static void AddUrls(EnvironmentCallbackContext context)
        {
            var urls = context.Resource.Annotations.OfType<EndpointAnnotation>()
                .Where(endpoint => endpoint is { UriScheme: "http" or "https", TargetPortVariable: null })
                .Select(endpoint => string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://localhost:{endpoint.AllocatedEndpoint?.Port}"))
                .ToList();
            if (urls.Count > 0)
            {
                context.EnvironmentVariables["ASPNETCORE_URLS"] = string.Join(';', urls);
            }
        }
    }
}
