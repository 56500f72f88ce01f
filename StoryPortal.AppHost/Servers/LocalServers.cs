using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.AppHost.Endpoints;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Servers;

/// <summary>Postgres and Redis as processes of this machine, for where no container runs.</summary>
internal static class LocalServers
{
    public static BackingServers AddLocalServers(
        this IDistributedApplicationBuilder builder,
        LocalPrograms programs,
        IResourceBuilder<ParameterResource> postgresPassword,
        IResourceBuilder<ParameterResource> redisPassword)
    {
        var postgres = builder.AddServer("postgres", "local-postgres.sh", ServerSettings.PostgresArguments, builder.OwnPort(15432), port => new PostgresAnswers(port))
            .WithEnvironment("POSTGRES_BIN", programs.Postgres)
            .WithEnvironment("POSTGRES_DATA", DataDirectory.Of(builder).ForPostgres())
            .WithEnvironment("POSTGRES_DATABASE", ServerSettings.Database)
            .WithEnvironment("POSTGRES_PASSWORD", postgresPassword)
            .WithIconName("Database");

        var redis = builder.AddServer("redis-server", "local-redis.sh", ServerSettings.RedisArguments, builder.OwnPort(16379), port => new RedisAnswers(port))
            .WithEnvironment("REDIS_SERVER", programs.Redis)
            .WithEnvironment("REDIS_PASSWORD", redisPassword)
            .WithIconName("Memory");

        // 127.0.0.1, where they listen: "localhost" may mean ::1 first.
        var postgresPort = postgres.GetEndpoint("tcp").Property(EndpointProperty.Port);
        var redisPort = redis.GetEndpoint("tcp").Property(EndpointProperty.Port);
        var database = builder.AddConnectionString(
            ServerSettings.Database,
            ReferenceExpression.Create($"Host=127.0.0.1;Port={postgresPort};Username=postgres;Password={postgresPassword};Database={ServerSettings.Database}"));
        var cache = builder.AddConnectionString("redis", ReferenceExpression.Create($"127.0.0.1:{redisPort},password={redisPassword}"));

        return new(
            database,
            postgres,
            cache,
            redis,
            ReferenceExpression.Create($"postgresql://postgres:{postgresPassword}@127.0.0.1:{postgresPort}/{ServerSettings.Database}"),
            ReferenceExpression.Create($"redis://default:{redisPassword}@127.0.0.1:{redisPort}"),
            AreContainers: false);
    }

    // The script's variables begin with what it runs: POSTGRES_PORT, REDIS_PORT.
    private static IResourceBuilder<ExecutableResource> AddServer(
        this IDistributedApplicationBuilder builder, string name, string script, string[] arguments, int port, Func<int, TcpHealthCheck> answers)
    {
        var healthCheck = $"{name}-answers";
        builder.Services.AddHealthChecks().AddCheck(healthCheck, answers(port));

        return builder.AddExecutable(name, "bash", LocalPrograms.Scripts(builder), [script, .. arguments])
            .WithEndpoint(name: "tcp", scheme: "tcp", targetPort: port, isProxied: false)
            .WithEnvironment($"{name.Split('-')[0].ToUpperInvariant()}_PORT", port.ToString(CultureInfo.InvariantCulture))
            .WithHealthCheck(healthCheck);
    }
}
