namespace StoryPortal.AppHost.Publishing;

/// <content>Azure Container Apps: compiled with <c>StoryPortalCompute=azure</c> alone.</content>
public static partial class Compute
{
    static partial void AddEnvironment(IDistributedApplicationBuilder builder) => builder.AddAzureContainerAppEnvironment("apps");
}
