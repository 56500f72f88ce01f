using System.Text.Json;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Bench.Load;

/// <summary>What users do: what the k6 scripts do, in <c>load-tests/load-test.js</c> and <c>load-tests/shared/traffic.js</c>.</summary>
internal static class Turns
{
    private static readonly TimeSpan SlowestHealth = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LoadTestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MixedPause = TimeSpan.FromSeconds(0.5);
    private static readonly string[] Types = ["agent.started", "agent.finished", "tool.called", "tool.failed", "message.sent", "message.received"];

    /// <summary>Health of the gateway and services of the hub.</summary>
    public static async Task LoadTestAsync(LoadUser user, CancellationToken cancellationToken)
    {
        await user.GetAsync("/health/live", RequestClass.Health, SlowestHealth, cancellationToken);
        await user.GetListFromHubAsync("/v1/services", cancellationToken);
        await Task.Delay(LoadTestPause, cancellationToken);
    }

    /// <summary>Requests of one turn of <see cref="MixedAsync"/>.</summary>
    public const int RequestsOfMixed = 10;

    /// <summary>Nine of ten requests read, and the busiest agents are read most.</summary>
    public static async Task MixedAsync(LoadUser user, CancellationToken cancellationToken)
    {
        await MixedRequestsAsync(user, cancellationToken);
        await Task.Delay(MixedPause, cancellationToken);
    }

    /// <summary>The same without the pause.</summary>
    public static async Task MixedRequestsAsync(LoadUser user, CancellationToken cancellationToken)
    {
        var agent = user.Agents[(int)(user.Agents.Count * Math.Pow(Random.Shared.NextDouble(), 3))];
        await user.GetAsync($"/v1/agents/{agent}", RequestClass.Detail, cancellationToken);
        await user.GetAsync($"/v1/agents/{agent}", RequestClass.Detail, cancellationToken);
        await user.GetAsync("/v1/services", RequestClass.List, cancellationToken);
        await user.GetAsync($"/v1/events?agent_id={agent}&limit=20", RequestClass.List, cancellationToken);
        await user.GetAsync($"/v1/agents/{agent}/overview", RequestClass.Detail, cancellationToken);
        await user.GetAsync("/v1/agents?status=created&limit=20", RequestClass.List, cancellationToken);
        await user.GetAsync("/v1/models", RequestClass.List, cancellationToken);
        await user.GetAsync("/health/live", RequestClass.Health, cancellationToken);
        await user.GetAsync($"/v1/agents/{agent}", RequestClass.Detail, cancellationToken);

        var type = JsonEncodedText.Encode(Types[Random.Shared.Next(Types.Length)]);
        await user.PostAsync("/v1/events", $$"""{"type": "{{type}}", "agent_id": "{{agent}}", "payload": {"step": {{user.Turns}}, "user": {{user.Number}} } }""", cancellationToken);
    }
}
