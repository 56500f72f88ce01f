namespace StoryPortal.AppHost.Secrets;

/// <summary>JSON Web Tokens as credentials.</summary>
internal static class JwtExtensions
{
    /// <summary>Passes the AppHost's settings <c>Authentication:Jwt:…</c> to a service that authenticates callers; gateway and hubs need the same.</summary>
    public static IResourceBuilder<ProjectResource> WithJwt(this IResourceBuilder<ProjectResource> service)
    {
        foreach (var setting in service.ApplicationBuilder.Configuration.GetSection("Authentication:Jwt").GetChildren())
        {
            service.WithEnvironment($"Authentication__Jwt__{setting.Key}", setting.Value);
        }

        return service;
    }
}
