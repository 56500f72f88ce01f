using Npgsql;
using StackExchange.Redis;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.DataLayer.ApiRequests;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.DataLayer.Idempotency;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.DataLayer.Models;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Performance;
using StoryPortal.DataLayer.QualityScores;
using StoryPortal.DataLayer.Schema;
using StoryPortal.DataLayer.Services;
using StoryPortal.DataLayer.Sessions;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.DataLayer;

/// <summary>Postgres and Redis for a process, and the stores on top of them.</summary>
public static class DataLayerExtensions
{
    private const string DatabaseName = "storyportal";

    // A server that does not answer a query will not answer its cancellation either.
    private const int CancellationMilliseconds = 250;

    /// <summary>Adds the stores, for a process with <paramref name="maxPoolSize"/> database connections unless configuration says otherwise.</summary>
    public static IHostApplicationBuilder AddDataLayer(this IHostApplicationBuilder builder, int maxPoolSize)
    {
        var options = builder.Configuration.ReadOptions<DatabaseOptions>(DatabaseOptions.Section);

        // The packages' own health checks stay out: they would make a process unready that still serves from its cache.
        builder.AddNpgsqlDataSource(DatabaseName, settings => settings.DisableHealthChecks = true, source =>
        {
            var connection = source.ConnectionStringBuilder;
            connection.MaxPoolSize = options.MaxPoolSize ?? maxPoolSize;
            connection.MaxAutoPrepare = options.PreparedStatements;
            connection.NoResetOnClose = true;
            connection.Timeout = options.ConnectTimeoutSeconds;
            connection.CommandTimeout = options.CommandTimeoutSeconds;
            connection.CancellationTimeout = CancellationMilliseconds;
            connection.ApplicationName = builder.Environment.ApplicationName;
            if (connection.GssEncryptionMode == GssEncryptionMode.Prefer) // the default: small images lack its library, and each start complained
            {
                connection.GssEncryptionMode = GssEncryptionMode.Disable;
            }
        });
        builder.AddRedisClient(RedisExtensions.ConnectionName, settings => settings.DisableHealthChecks = true, redis => redis.FailFast());

        builder.AddCaching();
        builder.AddGroupCommit();
        builder.Services.AddGroupCommitWriter<EventWriter>();
        builder.Services.AddGroupCommitWriter<QualityScoreWriter>();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<StoryDatabase>();
        builder.Services.AddOptions<PagingOptions>().BindConfiguration(PagingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<PageWriter>();
        builder.Services.AddSingleton<AgentStore>();
        builder.Services.AddSingleton<AgentOverviewStore>();
        builder.Services.AddSingleton<ApiRequestStore>();
        builder.Services.AddSingleton<QualityScoreStore>();
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<ModelConfigStore>();
        builder.Services.AddSingleton<EventStore>();
        builder.Services.AddSingleton<EventSequence>();
        builder.Services.AddSingleton<IdempotencyStore>();
        builder.Services.AddSingleton<EventFeed>();
        builder.Services.AddSingleton(services => new EventNews(
            services.GetRequiredService<IConnectionMultiplexer>(), services.GetRequiredService<CacheBackplane>()));
        builder.Services.AddSingleton<EventStatsStore>();
        builder.Services.AddSingleton<JobStore>();
        builder.Services.AddSingleton<RegistryWriter>();
        builder.Services.AddSingleton<ServiceStore>();
        builder.Services.AddSingleton<ServiceOwnerStore>();
        builder.Services.AddSingleton<LeaseStore>();
        builder.Services.AddSingleton<HealthPollStore>();
        builder.Services.AddSingleton<ApiKeyStore>();
        builder.Services.AddSingleton<PerformanceStore>();
        builder.Services.AddSingleton<PostgresDiagnostics>();
        builder.Services.AddSingleton<RedisDiagnostics>();
        builder.Services.AddSingleton<QueryPlans>();
        builder.Services.AddSingleton<ScorecardReader>();
        builder.Services.AddSingleton<PerformanceReport>();
        builder.Services.AddHostedService<ResourceSampler>();
        builder.Services.AddSingleton<IKeySource>(services => services.GetRequiredService<ApiKeyStore>());
        builder.Services.AddSingleton<IServiceRegistry>(services => services.GetRequiredService<ServiceStore>());
        builder.Services.AddExceptionHandler<DatabaseExceptionHandler>();

        builder.Services.AddHealthChecks()
            .AddStartupCheck<SchemaCheck>("postgres")
            .AddDependencyCheck<RedisCheck>("redis")
            .AddDependencyCheck<EventOrderCheck>("event-order");
        return builder;
    }

    /// <summary>Adds what brings the schema up to date: only the worker does.</summary>
    public static IHostApplicationBuilder AddSchema(this IHostApplicationBuilder builder)
    {
        var connection = builder.Configuration.GetConnectionString(DatabaseName)
            ?? throw new InvalidOperationException($"ConnectionStrings:{DatabaseName} is not set.");
        builder.Services.AddSingleton(new DirectConnection(connection));
        builder.Services.AddSingleton<SchemaMigration>();
        builder.Services.AddSingleton<IndexBuilder>();
        builder.Services.AddSingleton<SchemaWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SchemaWorker>());
        builder.Services.AddHostedService<EventCounter>();
        builder.Services.AddHealthChecks()
            .AddStartupCheck<SchemaWorker>("schema")
            .AddDependencyCheck<IndexBuilder>("indexes");
        return builder;
    }
}
