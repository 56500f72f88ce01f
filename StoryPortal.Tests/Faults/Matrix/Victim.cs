using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>What is broken.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="Resource">The resource.</param>
/// <param name="Way">The way to it.</param>
/// <param name="ProcessesAsync">Its processes; the first is the one to kill.</param>
/// <param name="IsNoticedAsync">Whether the system itself says that something is wrong with it.</param>
/// <param name="Safe">What works all the same.</param>
internal sealed record Victim(
    string Name, string Resource, Func<FaultySystem, TcpProxy> Way, Func<StoryPortalSystem, Task<int[]>> ProcessesAsync, Func<StoryPortalSystem, Task<bool>> IsNoticedAsync,
    params LoadClass[] Safe)
{
    private static readonly LoadClass[] Everything = Enum.GetValues<LoadClass>();

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Victim> All { get; } =
    [
        new("Postgres", "postgres", system => system.Postgres, system => system.PostgresAsync(), system => DegradedAsync(system, "postgres"), LoadClass.Health, LoadClass.Kept),
        new("Redis", "redis-server", system => system.Redis, system => Task.FromResult(system.Redis()), system => DegradedAsync(system, "redis"), Everything),
        new("one hub of two", "service-hub-2", system => system.SecondHub, system => Task.FromResult(system.Service("service-hub-2")), system => HubsAsync(system, 1), LoadClass.Health, LoadClass.Kept, LoadClass.Read),
        new("the only hub", "service-hub", system => system.FirstHub, system => Task.FromResult(system.Service("service-hub")), system => HubsAsync(system, 0), LoadClass.Health) { Without = "service-hub-2" },
        new("worker", "data-layer", system => system.Worker, system => Task.FromResult(system.Service("data-layer")), system => UnheardAsync(system, "data-layer"), Everything),
        new("gateway", "gateway", system => system.Gateway, system => Task.FromResult(system.Service("gateway")), _ => Task.FromResult(false)),
    ];

    /// <summary>What is stopped before, so that nobody else can do its work; null: nothing.</summary>
    public string? Without { get; private init; }

    /// <summary>How many hubs answer while nothing is broken.</summary>
    public int Hubs => Without is null ? 2 : 1;

    /// <summary>Waits until everybody is well, and nothing is said of it any more.</summary>
    public Task IsWellAsync(FaultySystem system) => Eventually.TrueAsync(async () =>
        !await IsNoticedAsync(system.System) && await HubsAsync(system.System, Hubs) && !await DegradedAsync(system.System, "postgres") && !await DegradedAsync(system.System, "redis"));

    /// <summary>Stops what would do its work.</summary>
    public Task PrepareAsync(FaultySystem system) => Without is null ? Task.CompletedTask : system.System.RunAsync(Without, KnownResourceCommands.StopCommand);

    /// <summary>Starts that again.</summary>
    public Task RestoreAsync(FaultySystem system) => Without is null ? Task.CompletedTask : system.System.RestartAsync(Without);

    private static async Task<bool> DegradedAsync(StoryPortalSystem system, string check) =>
        await CheckAsync(system.Hub, check) is not { } found || found.GetProperty("status").GetString() != "healthy";

    private static async Task<bool> HubsAsync(StoryPortalSystem system, int healthy) =>
        await CheckAsync(system.Gateway, "service-hub") is { } found && found.GetProperty("description").GetString() == $"{healthy} of 2 hubs answer.";

    private static async Task<bool> UnheardAsync(StoryPortalSystem system, string service)
    {
        using var response = await system.Gateway.GetAsync(new Uri("/v1/performance", UriKind.Relative));
        return response.IsSuccessStatusCode && (await response.JsonAsync()).GetProperty("unheard").EnumerateArray().Any(process => process.GetRawText().Contains(service, StringComparison.Ordinal));
    }

    private static async Task<JsonElement?> CheckAsync(HttpClient client, string check)
    {
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            using var health = await client.GetAsync(new Uri("/health", UriKind.Relative), deadline.Token);
            return JsonElement.Parse(await health.Content.ReadAsStringAsync(deadline.Token)).GetProperty("checks").TryGetProperty(check, out var found) ? found : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }
}
