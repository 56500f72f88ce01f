using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.Tests.Health;

/// <summary>Checks that a process has to pass once.</summary>
public sealed class StartupCheckTests
{
    [Fact]
    public async Task A_check_knows_what_it_found_before_since_it_is_made_once()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddHealthChecks().AddStartupCheck<Rounds>("rounds");
        await using var provider = services.BuildServiceProvider();
        var checks = provider.GetRequiredService<HealthCheckService>();

        await checks.CheckHealthAsync();
        var second = await checks.CheckHealthAsync();

        Assert.Equal("2", second.Entries["rounds"].Description);
    }

    private sealed class Rounds : IHealthCheck
    {
        private int _rounds;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy($"{++_rounds}"));
    }
}
