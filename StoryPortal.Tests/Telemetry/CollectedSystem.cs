using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Telemetry;

/// <summary>A system whose processes tell a collector of the test what they do.</summary>
public sealed class CollectedSystem : IAsyncLifetime
{
    internal Collector Collector { get; private set; } = null!;

    internal StoryPortalSystem System { get; private set; } = null!;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    private async Task StartAsync()
    {
        Collector = await Collector.StartAsync();
        System = new StoryPortalSystem([], builder =>
        {
            foreach (var process in builder.Resources.OfType<ProjectResource>())
            {
                process.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
                {
                    context.EnvironmentVariables["OTEL_EXPORTER_OTLP_ENDPOINT"] = Collector.Address;
                    context.EnvironmentVariables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
                    context.EnvironmentVariables["OTEL_BSP_SCHEDULE_DELAY"] = "200";
                    context.EnvironmentVariables["OTEL_BLRP_SCHEDULE_DELAY"] = "200";
                    return Task.CompletedTask;
                }));
            }
        });
        await System.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await (System?.DisposeAsync() ?? Task.CompletedTask);
        await (Collector?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
