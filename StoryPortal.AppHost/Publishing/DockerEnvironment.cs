namespace StoryPortal.AppHost.Publishing;

/// <content>Docker Compose: compiled with <c>StoryPortalCompute=docker</c> alone.</content>
public static partial class Compute
{
    static partial void AddEnvironment(IDistributedApplicationBuilder builder) => builder.AddDockerComposeEnvironment("compose");
}
