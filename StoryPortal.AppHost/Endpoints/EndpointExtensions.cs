using StoryPortal.AppHost.Settings;

namespace StoryPortal.AppHost.Endpoints;

/// <summary>What the endpoints of our services have in common.</summary>
public static class EndpointExtensions
{
    /// <summary>
    /// Tells a service its environment, that of the AppHost unless <c>StoryPortal:Environment</c> names another (without a launch profile it would take
    /// itself to be in production), and that whatever the environment is, a system that is run and not deployed is nobody else's.
    /// </summary>
    public static IResourceBuilder<ProjectResource> InRunEnvironment(this IResourceBuilder<ProjectResource> project)
    {
        var app = project.ApplicationBuilder;
        if (!app.ExecutionContext.IsRunMode)
        {
            return project;
        }

        var environment = app.Configuration["StoryPortal:Environment"] is { Length: > 0 } other ? other : app.Environment.EnvironmentName;
        return project
            .WithEnvironment("ASPNETCORE_ENVIRONMENT", environment)
            .WithEnvironment("DOTNET_ENVIRONMENT", environment)
            .WithEnvironment("Listen__Loopback", "true");
    }

    /// <summary>Tells a service its own address, under which it registers itself.</summary>
    public static IResourceBuilder<ProjectResource> WithRegistrationUrl(this IResourceBuilder<ProjectResource> project) =>
        project.WithEnvironment("Registration__Url", ReferenceExpression.Create($"http://{project.GetEndpoint("http").Property(EndpointProperty.HostAndPort)}"));

    /// <summary>Adds TLS with HTTP/1.1 and HTTP/2, in run mode only: published, TLS ends at the platform's ingress.</summary>
    public static IResourceBuilder<ProjectResource> WithRunModeHttps(this IResourceBuilder<ProjectResource> project, int port) =>
        project.ApplicationBuilder.ExecutionContext.IsRunMode
            ? project.WithHttpsEndpoint(port: project.ApplicationBuilder.FixedPort(port), name: "https", env: "Listen__Https").WithEndpointInDetailsOnly("https")
            : project;

    /// <summary>Says when the service is ready: to Aspire when run, as probes of the platform when published.</summary>
    /// <remarks>Each probe asks for a path of its own: Aspire registers a health check for it as well, and refuses two with the same.</remarks>
    public static IResourceBuilder<ProjectResource> WithReadiness(this IResourceBuilder<ProjectResource> project, string endpoint)
    {
        if (project.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            return project.WithHttpHealthCheck("/health/ready", endpointName: endpoint);
        }

#pragma warning disable ASPIREPROBES001 // experimental in Aspire 13.5
        // Container Apps takes no more than 10 failures.
        return project
            .WithHttpProbe(ProbeType.Startup, "/alive", initialDelaySeconds: 3, periodSeconds: 6, failureThreshold: 10, endpointName: endpoint)
            .WithHttpProbe(ProbeType.Readiness, "/health/ready", periodSeconds: 5, timeoutSeconds: 3, endpointName: endpoint)
            .WithHttpProbe(ProbeType.Liveness, "/health/live", periodSeconds: 10, timeoutSeconds: 3, endpointName: endpoint);
#pragma warning restore ASPIREPROBES001
    }

    /// <summary>Publishes an HTTP/1.1 endpoint as a TCP port: Container Apps gives an app one HTTP ingress, and that is the HTTP/2 port's.</summary>
    /// <remarks>Its scheme stays http, so that its address and its probes are those of HTTP.</remarks>
    public static IResourceBuilder<ProjectResource> WithPublishedTcp(this IResourceBuilder<ProjectResource> project, string endpoint) =>
        project.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? project.WithEndpoint(endpoint, annotation => annotation.Transport = "tcp", createIfNotExists: false)
            : project;

    /// <summary>Publishes the service in as many replicas as <c>StoryPortal:Publish:Replicas</c> says, 1 to 16.</summary>
    public static IResourceBuilder<ProjectResource> InReplicas(this IResourceBuilder<ProjectResource> project) =>
        project.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? project.WithReplicas(project.ApplicationBuilder.Number("StoryPortal:Publish:Replicas", 1, 16))
            : project;

    /// <summary>Keeps an endpoint that is not for people out of the dashboard's overview.</summary>
    public static IResourceBuilder<ProjectResource> WithEndpointInDetailsOnly(this IResourceBuilder<ProjectResource> project, string endpoint) =>
        project.WithUrlForEndpoint(endpoint, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly);
}
