using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Exchanges;

/// <summary>What every request and its answer have in common.</summary>
internal static class ExchangeExtensions
{
    public static void AddExchanges(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AnswerCounts>();
        builder.Services.AddSingleton<AnswerHeaders>();
        builder.Services.AddSingleton<GatewayMetrics>();
    }
}
