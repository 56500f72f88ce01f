namespace StoryPortal.AppHost.Servers;

/// <summary>Postgres and Redis of a published system.</summary>
internal static class PublishedServers
{
    /// <summary>A Postgres that is there already, by its connection string, and Redis as a container: a cache may be lost, a database may not.</summary>
    public static BackingServers AddExternalPostgres(this IDistributedApplicationBuilder builder, IResourceBuilder<ParameterResource> redisPassword)
    {
        var database = builder.AddConnectionString(ServerSettings.Database);
        var redis = builder.AddRedisContainer(redisPassword);

        return new(database, null, redis, redis, ReferenceExpression.Create($"{database}"), redis.Resource.UriExpression, AreContainers: true);
    }
}
