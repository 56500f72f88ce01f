using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StoryPortal.DataLayer;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Events;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Scenarios.Reads;

/// <summary>The stores of the product over one database, in this process: no HTTP and no cache in between.</summary>
internal sealed class ReadStores : IAsyncDisposable
{
    private readonly WebApplication _services;

    private ReadStores(WebApplication services, Dataset dataset)
    {
        (_services, Dataset) = (services, dataset);
        Events = services.Services.GetRequiredService<EventStore>();
        Agents = services.Services.GetRequiredService<AgentStore>();
    }

    public Dataset Dataset { get; }

    public EventStore Events { get; }

    public AgentStore Agents { get; }

    /// <summary>Registers the stores as a hub does, without starting hosted services.</summary>
    public static ReadStores Create(string connectionString, Dataset dataset)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:storyportal"] = connectionString,
            ["ConnectionStrings:redis"] = "127.0.0.1:1", // required, not used
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddDataLayer(maxPoolSize: 2);
        return new ReadStores(builder.Build(), dataset);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
