using Aspire.Hosting.StandIn;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace StoryPortal.Tests.StandIn;

/// <summary>The client integrations register the same things under the same names as the real ones.</summary>
public sealed class ClientTests
{
    [Fact]
    public void Npgsql_takes_its_settings_from_configuration_and_code()
    {
        var builder = Builder(("ConnectionStrings:portal", "Host=db;Database=portal"), ("Aspire:Npgsql:DisableTracing", "true"));
        builder.AddNpgsqlDataSource("portal", settings => Assert.True(settings.DisableTracing), source => source.ConnectionStringBuilder.MaxPoolSize = 7);
        using var host = builder.Build();

        var connectionString = new NpgsqlConnectionStringBuilder(host.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString);

        Assert.Equal(("db", "portal", 7), (connectionString.Host, connectionString.Database, connectionString.MaxPoolSize));
        Assert.Equal(["PostgreSql"], HealthChecks(host));
    }

    [Fact]
    public void Health_checks_can_be_left_out()
    {
        var builder = Builder(("ConnectionStrings:portal", "Host=db"), ("ConnectionStrings:redis", "cache"), ("Aspire:StackExchange:Redis:DisableHealthChecks", "true"));
        builder.AddNpgsqlDataSource("portal", settings => settings.DisableHealthChecks = true);
        builder.AddRedisClient("redis");
        using var host = builder.Build();

        Assert.Empty(HealthChecks(host));
    }

    [Fact]
    public async Task Redis_connects_at_the_start_and_fails_there()
    {
        var builder = Builder(("ConnectionStrings:redis", $"127.0.0.1:{PortAllocation.FreePort()},connectTimeout=200,connectRetry=1"));
        builder.AddRedisClient("redis");
        using var host = builder.Build();

        await Assert.ThrowsAsync<RedisConnectionException>(() => host.StartAsync());
    }

    [Fact]
    public async Task Redis_may_be_missing_at_the_start_where_that_is_said()
    {
        var builder = Builder(("ConnectionStrings:redis", $"127.0.0.1:{PortAllocation.FreePort()},connectTimeout=200,connectRetry=1"));
        builder.AddRedisClient("redis", configureOptions: options => options.AbortOnConnectFail = false);
        using var host = builder.Build();

        await host.StartAsync();

        Assert.False(host.Services.GetRequiredService<IConnectionMultiplexer>().IsConnected);
        Assert.Equal(["StackExchange.Redis"], HealthChecks(host));
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        await host.StopAsync();
    }

    private static HostApplicationBuilder Builder(params (string Key, string Value)[] configuration)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(configuration.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        return builder;
    }

    private static IEnumerable<string> HealthChecks(IHost host) =>
        host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Select(registration => registration.Name);
}
