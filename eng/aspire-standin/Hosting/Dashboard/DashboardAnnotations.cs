using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>How an icon is drawn.</summary>
    public enum IconVariant
    {
        /// <summary>As an outline.</summary>
        Regular,

        /// <summary>Filled.</summary>
        Filled,
    }

    /// <summary>Where a URL is shown.</summary>
    public enum UrlDisplayLocation
    {
        /// <summary>In the list and with the details.</summary>
        SummaryAndDetails,

        /// <summary>With the details.</summary>
        DetailsOnly,
    }

    /// <summary>A URL to show.</summary>
    public sealed class ResourceUrlAnnotation : IResourceAnnotation
    {
        /// <summary>The URL.</summary>
        public required string Url { get; set; }

        /// <summary>The text of the link.</summary>
        public string? DisplayText { get; set; }

        /// <summary>Where it is shown.</summary>
        public UrlDisplayLocation DisplayLocation { get; set; }
    }
}

namespace Aspire.Hosting
{
    /// <summary>What the dashboard would show of a resource; the one that the stand-in starts shows telemetry only.</summary>
    public static class DashboardBuilderExtensions
    {
        extension<T>(IResourceBuilder<T> builder)
            where T : IResource
        {
            /// <summary>Chooses an icon.</summary>
            public IResourceBuilder<T> WithIconName(string iconName, IconVariant iconVariant = IconVariant.Filled) => builder;

            /// <summary>Changes how the URL of an endpoint is shown.</summary>
            public IResourceBuilder<T> WithUrlForEndpoint(string endpointName, Action<ResourceUrlAnnotation> callback) => builder;
        }

        /// <summary>Adds a URL below that of an endpoint.</summary>
        public static IResourceBuilder<T> WithUrlForEndpoint<T>(
            this IResourceBuilder<T> builder, string endpointName, Func<EndpointReference, ResourceUrlAnnotation> callback)
            where T : IResourceWithEndpoints => builder;
    }
}
