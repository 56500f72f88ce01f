namespace StoryPortal.AppHost.Publishing;

/// <summary>Where <c>aspire deploy</c> deploys to: chosen by the MSBuild property <c>StoryPortalCompute</c>, nowhere by default.</summary>
public static partial class Compute
{
    /// <summary>Adds the compute environment that the build has chosen.</summary>
    public static void AddComputeEnvironment(this IDistributedApplicationBuilder builder) => AddEnvironment(builder);

    static partial void AddEnvironment(IDistributedApplicationBuilder builder);
}
