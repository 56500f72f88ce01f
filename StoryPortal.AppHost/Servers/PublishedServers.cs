using StoryPortal.AppHost.Secrets;
using StoryPortal.AppHost.Settings;

namespace StoryPortal.AppHost.Servers;

/// <summary>Postgres and Redis of a published system.</summary>
internal static class PublishedServers
{
    /// <summary>
    /// Each is a container, or external: there already, by a connection string that is asked for. Unless <c>StoryPortal:Publish:Postgres</c> and
    /// <c>StoryPortal:Publish:Redis</c> say otherwise, Postgres is external and Redis a container: a cache may be lost, a database may not.
    /// </summary>
    public static BackingServers AddPublishedServers(this IDistributedApplicationBuilder builder)
    {
        var postgres = builder.Choice("StoryPortal:Publish:Postgres", "external", "container") == "external" ? null : builder.AddPostgresContainer(builder.AddSecret("postgres-password"));
        var redis = builder.Choice("StoryPortal:Publish:Redis", "container", "external") == "external" ? null : builder.AddRedisContainer(builder.AddSecret("redis-password"));
        IResourceBuilder<IResourceWithConnectionString> database = postgres is null ? builder.AddConnectionString(ServerSettings.Database) : postgres;
        IResourceBuilder<IResourceWithConnectionString> cache = redis is null ? builder.AddConnectionString(ServerSettings.Cache) : redis;

        return new(
            database, postgres, cache, redis,
            postgres?.Resource.UriExpression ?? ReferenceExpression.Create($"{database}"),
            redis?.Resource.UriExpression ?? ReferenceExpression.Create($"{cache}"),
            AreContainers: true);
    }
}
