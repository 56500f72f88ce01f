using Aspire.Npgsql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds Npgsql.</summary>
public static class AspirePostgreSqlNpgsqlExtensions
{
    /// <summary>Adds an <see cref="NpgsqlDataSource"/> with health check, traces and metrics.</summary>
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder, string connectionName, Action<NpgsqlSettings>? configureSettings = null,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
    {
        var settings = new NpgsqlSettings();
        var section = builder.Configuration.GetSection("Aspire:Npgsql");
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        builder.Services.AddNpgsqlDataSource(
            settings.ConnectionString ?? "",
            dataSource =>
            {
                if (string.IsNullOrEmpty(settings.ConnectionString))
                {
                    throw new InvalidOperationException($"ConnectionString is missing: configure 'ConnectionStrings:{connectionName}'.");
                }

                configureDataSourceBuilder?.Invoke(dataSource);
            });
        if (!settings.DisableHealthChecks)
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "PostgreSql", services => new PostgreSqlHealthCheck(services.GetRequiredService<NpgsqlDataSource>()), null, null));
        }

        if (!settings.DisableTracing)
        {
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddNpgsql());
        }

        if (!settings.DisableMetrics)
        {
            builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Npgsql"));
        }
    }
}
