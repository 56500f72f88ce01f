using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.AppHost.Dashboard;

/// <summary>What a resource is for.</summary>
/// <param name="Text">One sentence.</param>
public sealed record PurposeAnnotation(string Text) : IResourceAnnotation;

/// <summary>What the Aspire dashboard says about a resource.</summary>
public static class PurposeExtensions
{
    /// <summary>Shows in the details of the resource what the resource is for: for one that is started by hand, why to start it.</summary>
    public static IResourceBuilder<T> WithPurpose<T>(this IResourceBuilder<T> builder, string purpose) where T : IResource
    {
        builder.ApplicationBuilder.Eventing.Subscribe<BeforeStartEvent>((start, _) => start.Services.GetRequiredService<ResourceNotificationService>()
            .PublishUpdateAsync(builder.Resource, snapshot => snapshot with { Properties = snapshot.Properties.Add(new ResourcePropertySnapshot("Purpose", purpose) { IsHighlighted = true }) }));
        return builder.WithAnnotation(new PurposeAnnotation(purpose));
    }
}
