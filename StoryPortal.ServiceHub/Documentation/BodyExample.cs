using System.Diagnostics.CodeAnalysis;

namespace StoryPortal.ServiceHub.Documentation;

/// <summary>Metadata of an endpoint: a body that it takes, shown in the API's description.</summary>
/// <param name="Json">The body.</param>
internal sealed record BodyExample(string Json);

/// <summary>Declares examples.</summary>
internal static class BodyExampleExtensions
{
    /// <summary>Shows <paramref name="json"/> as a body that the endpoint takes.</summary>
    public static RouteHandlerBuilder WithExample(this RouteHandlerBuilder endpoint, [StringSyntax(StringSyntaxAttribute.Json)] string json) =>
        endpoint.WithMetadata(new BodyExample(json));
}
