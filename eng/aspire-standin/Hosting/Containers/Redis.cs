using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A Redis server in a container.</summary>
    public class RedisResource(string name) : ContainerResource(name), IResourceWithConnectionString
    {
        /// <summary>Where the server listens.</summary>
        public EndpointReference PrimaryEndpoint => new(this, "tcp");

        /// <summary>Its password, if it has one.</summary>
        public ParameterResource? PasswordParameter { get; internal init; }

        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression => PasswordParameter is null
            ? ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}")
            : ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)},password={PasswordParameter}");

        /// <summary>The server as a URL.</summary>
        public ReferenceExpression UriExpression => PasswordParameter is null
            ? ReferenceExpression.Create($"redis://{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}")
            : ReferenceExpression.Create($"redis://:{PasswordParameter}@{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}");
    }

    /// <summary>RedisInsight, which shows a Redis server in the browser.</summary>
    public class RedisInsightResource(string name) : ContainerResource(name);
}

namespace Aspire.Hosting
{
    /// <summary>Adds and configures Redis.</summary>
    public static class RedisBuilderExtensions
    {
        /// <summary>Adds a Redis server, with a random password unless one is given.</summary>
        public static IResourceBuilder<RedisResource> AddRedis(
            this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
        {
            var redis = new RedisResource(name) { PasswordParameter = password?.Resource ?? builder.CreatePassword(name) };
            return builder.AddResource(redis)
                .WithEndpoint(port, 6379, name: "tcp", scheme: "redis")
                .WithImage("library/redis", "8.6")
                .WithEntrypoint("/bin/sh")
                .WithEnvironment(context =>
                {
                    if (redis.PasswordParameter is not null)
                    {
                        context.EnvironmentVariables["REDIS_PASSWORD"] = redis.PasswordParameter;
                    }
                })
                .WithArgs(context => AddServerArgs(context, redis.PasswordParameter is not null))
                .WithHealthCheck($"{name}_check");
        }

        /// <summary>Adds RedisInsight.</summary>
        public static IResourceBuilder<RedisResource> WithRedisInsight(
            this IResourceBuilder<RedisResource> builder, Action<IResourceBuilder<RedisInsightResource>>? configureContainer = null, string? containerName = null)
        {
            var insight = builder.ApplicationBuilder.AddResource(new RedisInsightResource(containerName ?? "redisinsight"))
                .WithImage("redis/redisinsight", "3.4").WithHttpEndpoint(targetPort: 5540, name: "http");
            configureContainer?.Invoke(insight);
            return builder;
        }

        /// <summary>The real package's shape: one argument each when run, one text for the shell when published.</summary>
        private static void AddServerArgs(CommandLineArgsCallbackContext context, bool hasPassword)
        {
            string[] args = hasPassword ? ["redis-server", "--requirepass", "$REDIS_PASSWORD"] : ["redis-server"];
            foreach (var arg in context.ExecutionContext.IsRunMode ? args : ["-c", string.Join(' ', args)])
            {
                context.Args.Add(arg);
            }
        }
    }
}
