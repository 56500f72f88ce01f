using StoryPortal.AppHost.Dashboard;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Servers;

/// <summary>Postgres and Redis as containers.</summary>
internal static class ContainerServers
{
    public static BackingServers AddContainerServers(
        this IDistributedApplicationBuilder builder,
        IResourceBuilder<ParameterResource> postgresPassword,
        IResourceBuilder<ParameterResource> redisPassword)
    {
        var database = builder.AddPostgresContainer(postgresPassword);
        var redis = builder.AddRedisContainer(redisPassword).WithRedisInsight(insight => insight.WithExplicitStart()
            .WithPurpose("Shows the keys and the memory of Redis.").WithIconName("DatabaseSearch"));

        return new(database, database, redis, redis, database.Resource.UriExpression, redis.Resource.UriExpression, AreContainers: true);
    }

    /// <summary>The database, with its tuned arguments; in run mode with a volume.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddPostgresContainer(this IDistributedApplicationBuilder builder, IResourceBuilder<ParameterResource> password)
    {
        // The tag comes before the volume: where the image keeps its data depends on its version.
        var postgres = builder.AddPostgres("postgres", password: password)
            .WithImageTag(ServerSettings.PostgresImageTag)
            .WithArgs(ServerSettings.PostgresArguments)
            .WithPurpose("The database storyportal.")
            .WithIconName("Database");
        if (builder.ExecutionContext.IsRunMode)
        {
            postgres.WithDataVolume(DataDirectory.Of(builder).VolumeForPostgres());
            postgres.WithPgAdmin(pgAdmin => pgAdmin.WithExplicitStart().WithPurpose("Shows the tables of Postgres and runs SQL.").WithIconName("DatabaseSearch"));
        }

        return postgres.AddDatabase(ServerSettings.Database);
    }

#pragma warning disable ASPIRECERTIFICATES001 // experimental in Aspire 13.6
    /// <summary>The cache, with its tuned arguments.</summary>
    public static IResourceBuilder<RedisResource> AddRedisContainer(this IDistributedApplicationBuilder builder, IResourceBuilder<ParameterResource> password) =>
        builder.AddRedis(ServerSettings.Cache, password: password)
            .WithRedisArguments(ServerSettings.RedisArguments)
            .WithoutHttpsCertificate() // a development certificate would turn the connection to TLS, which local servers and other clients do not speak
            .WithPurpose("The cache: a bounded Redis that is never written to disk.")
            .WithIconName("Memory");
#pragma warning restore ASPIRECERTIFICATES001

    /// <summary>Adds arguments that reach redis-server in run mode and in publish mode.</summary>
    /// <remarks>The container runs <c>sh -c "redis-server …"</c>, which ignores whatever follows that one string: in publish mode they go into it, as in run mode Aspire puts them.</remarks>
    private static IResourceBuilder<RedisResource> WithRedisArguments(this IResourceBuilder<RedisResource> redis, IEnumerable<string> arguments) =>
        redis.WithArgs(context =>
        {
            var quoted = arguments.Select(argument => argument.Length == 0 ? "''" : argument);
            if (context.ExecutionContext.IsRunMode)
            {
                foreach (var argument in quoted)
                {
                    context.Args.Add(argument);
                }

                return;
            }

            // In place of the shell, which would not pass on that the container is to stop.
            context.Args[^1] = $"exec {context.Args[^1]} {string.Join(' ', quoted)}";
        });
}
