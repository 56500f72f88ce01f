using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace StoryPortal.Tests.Running;

/// <summary>A system with two hubs, whose servers and processes tests may stop, freeze and kill, as long as they start them again.</summary>
public sealed class TwoHubs : IAsyncLifetime
{
    private static readonly string[] Names = ["service-hub", "service-hub-2"];

    /// <summary>The system.</summary>
    public StoryPortalSystem System { get; } = new(["--StoryPortal:Hubs=2", "--StoryPortal:Servers=local"], builder =>
    {
        // A write waits for the other hub as long as this machine makes it wait; a stream shows often that it is there, and its end waits for a slow reader.
        // One that is told to stop hands over as outside of Development: at once, Aspire's proxy in front of it would take what it can no longer be given.
        foreach (var hub in builder.Resources.OfType<ProjectResource>().Where(project => Names.Contains(project.Name)).ToList())
        {
            builder.CreateResourceBuilder(hub).WithEnvironment("Cache__AcknowledgementMilliseconds", "1000")
                .WithEnvironment("EventStreams__PatienceSeconds", "4").WithEnvironment("EventStreams__GiveUpSeconds", "60").WithEnvironment("EventStreams__HeartbeatSeconds", "0.5")
                .WithEnvironment("Drain__Seconds", "3");
        }
    })
    {
        HasDefaultTimeouts = true,
    };

    /// <summary>Both hubs, as callers with the admin key.</summary>
    public HttpClient[] Hubs { get; private set; } = [];

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public Task DisposeAsync() => System.DisposeAsync();

    private async Task StartAsync()
    {
        await System.InitializeAsync();
        Hubs = [.. Names.Select(System.CreateHubClient)];
    }
}

/// <summary>Tests of this collection take turns with one system.</summary>
[CollectionDefinition(Name)]
public sealed class SharedTwoHubs : ICollectionFixture<TwoHubs>
{
    public const string Name = "Two hubs";
}
