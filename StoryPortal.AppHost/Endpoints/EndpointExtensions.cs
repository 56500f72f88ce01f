namespace StoryPortal.AppHost.Endpoints;

/// <summary>What the endpoints of our services have in common.</summary>
public static class EndpointExtensions
{
    /// <summary>Tells a service the environment of the AppHost: without a launch profile it would take itself to be in production.</summary>
    public static IResourceBuilder<ProjectResource> InSameEnvironment(this IResourceBuilder<ProjectResource> project) =>
        project.ApplicationBuilder.ExecutionContext.IsRunMode
            ? project
                .WithEnvironment("ASPNETCORE_ENVIRONMENT", project.ApplicationBuilder.Environment.EnvironmentName)
                .WithEnvironment("DOTNET_ENVIRONMENT", project.ApplicationBuilder.Environment.EnvironmentName)
            : project;

    /// <summary>Tells a service its own address, under which it registers itself.</summary>
    public static IResourceBuilder<ProjectResource> WithRegistrationUrl(this IResourceBuilder<ProjectResource> project) =>
        project.WithEnvironment("Registration__Url", project.GetEndpoint("http"));

    /// <summary>Adds TLS with HTTP/1.1 and HTTP/2, in run mode only: published, TLS ends at the platform's ingress.</summary>
    public static IResourceBuilder<ProjectResource> WithRunModeHttps(this IResourceBuilder<ProjectResource> project, int port) =>
        project.ApplicationBuilder.ExecutionContext.IsRunMode
            ? project.WithHttpsEndpoint(port: port, name: "https", env: "Listen__Https").WithEndpointInDetailsOnly("https")
            : project;

    /// <summary>Keeps an endpoint that is not for people out of the dashboard's overview.</summary>
    public static IResourceBuilder<ProjectResource> WithEndpointInDetailsOnly(this IResourceBuilder<ProjectResource> project, string endpoint) =>
        project.WithUrlForEndpoint(endpoint, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly);
}
