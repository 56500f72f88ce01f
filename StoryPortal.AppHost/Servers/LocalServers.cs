using Microsoft.Extensions.DependencyInjection;
using StoryPortal.AppHost.Dashboard;
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
        var postgres = builder.AddServer("postgres", "local-postgres.sh", ServerSettings.PostgresArguments, 15432)
            .WithEnvironment("POSTGRES_BIN", programs.Postgres)
            .WithEnvironment("POSTGRES_DATA", DataDirectory.Of(builder).ForPostgres())
            .WithEnvironment("POSTGRES_DATABASE", ServerSettings.Database)
            .WithEnvironment("POSTGRES_PASSWORD", postgresPassword)
            .WithPurpose("The database storyportal, as a process of this machine.")
            .WithIconName("Database");

        var redis = builder.AddServer("redis-server", "local-redis.sh", ServerSettings.RedisArguments, 16379)
            .WithEnvironment("REDIS_SERVER", programs.Redis)
            .WithEnvironment("REDIS_PASSWORD", redisPassword)
            .WithPurpose("The cache: a bounded Redis that is never written to disk, as a process of this machine.")
            .WithIconName("Memory");

        // 127.0.0.1, where they listen: "localhost" may mean ::1 first.
        var postgresPort = postgres.GetEndpoint("tcp").Property(EndpointProperty.Port);
        var redisPort = redis.GetEndpoint("tcp").Property(EndpointProperty.Port);
        var database = builder.AddConnectionString(
            ServerSettings.Database,
            ReferenceExpression.Create($"Host=127.0.0.1;Port={postgresPort};Username=postgres;Password={postgresPassword};Database={ServerSettings.Database}"));
        var cache = builder.AddConnectionString("redis", ReferenceExpression.Create($"127.0.0.1:{redisPort},password={redisPassword}"));

        postgres.WithHealthCheck(builder.AddCheck(database, static (checks, connectionString, name) => checks.AddNpgSql(connectionString, name: name)));
        redis.WithHealthCheck(builder.AddCheck(cache, static (checks, connectionString, name) => checks.AddRedis(connectionString, name: name)));
        database.WithParentRelationship(postgres);
        cache.WithParentRelationship(redis);

        return new(
            database,
            postgres,
            cache,
            redis,
            ReferenceExpression.Create($"postgresql://postgres:{postgresPassword}@127.0.0.1:{postgresPort}/{ServerSettings.Database}"),
            ReferenceExpression.Create($"redis://default:{redisPassword}@127.0.0.1:{redisPort}"),
            AreContainers: false);
    }

    // No proxy in front: the port in the connection string is the server's own. The script reads it as POSTGRES_PORT or REDIS_PORT.
    private static IResourceBuilder<ExecutableResource> AddServer(
        this IDistributedApplicationBuilder builder, string name, string script, string[] arguments, int port) =>
        builder.AddExecutable(name, "bash", LocalPrograms.Scripts(builder), [script, .. arguments])
            .WithEndpoint(name: "tcp", scheme: "tcp", port: builder.FixedPort(port), env: $"{name.Split('-')[0].ToUpperInvariant()}_PORT", isProxied: false);

    // The checks that Aspire adds to the containers of both.
    private static string AddCheck(
        this IDistributedApplicationBuilder builder,
        IResourceBuilder<IResourceWithConnectionString> connection,
        Action<IHealthChecksBuilder, Func<IServiceProvider, string>, string> add)
    {
        string? connectionString = null;
        connection.OnConnectionStringAvailable(async (resource, _, cancellationToken) => connectionString = await resource.GetConnectionStringAsync(cancellationToken));
        var name = $"{connection.Resource.Name}_check";
        add(builder.Services.AddHealthChecks(), _ => connectionString ?? throw new InvalidOperationException("The port is not allocated yet."), name);
        return name;
    }
}
