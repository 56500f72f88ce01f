using Microsoft.Extensions.Configuration;

namespace StoryPortal.AppHost.Endpoints;

/// <summary>Which ports the resources get.</summary>
public static class PortExtensions
{
    /// <summary>The documented port of an endpoint in run mode; null where Aspire allocates it: published, and with <c>DcpPublisher:RandomizePorts</c>, as in tests.</summary>
    public static int? FixedPort(this IDistributedApplicationBuilder builder, int port) =>
        builder.ExecutionContext.IsRunMode && !builder.Configuration.GetValue<bool>("DcpPublisher:RandomizePorts") ? port : null;

    /// <summary>The port that a published service listens on inside of its container, where each endpoint needs one of its own; in run mode Aspire allocates it.</summary>
    public static int? PublishedPort(this IDistributedApplicationBuilder builder, int port) => builder.ExecutionContext.IsPublishMode ? port : null;
}
