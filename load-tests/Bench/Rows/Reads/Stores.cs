using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StoryPortal.DataLayer;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Events;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Rows.Reads;

/// <summary>The product's stores over one database, in this process: nothing but the query is between us and Postgres.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly WebApplication _services;

    private Stores(WebApplication services, Dataset dataset)
    {
        (_services, Dataset) = (services, dataset);
        Events = services.Services.GetRequiredService<EventStore>();
        Agents = services.Services.GetRequiredService<AgentStore>();
    }

    public Dataset Dataset { get; }

    public EventStore Events { get; }

    public AgentStore Agents { get; }

    /// <summary>Sets them up as a hub does. Nothing is started, and no cache is asked.</summary>
    public static Stores Over(string connectionString, Dataset dataset)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:storyportal"] = connectionString,
            ["ConnectionStrings:redis"] = "127.0.0.1:1", // never asked
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddDataLayer(maxPoolSize: 2);
        return new Stores(builder.Build(), dataset);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
