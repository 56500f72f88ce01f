using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A Postgres server in a container.</summary>
    public class PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
        : ContainerResource(name), IResourceWithConnectionString
    {
        /// <summary>Where the server listens.</summary>
        public EndpointReference PrimaryEndpoint => new(this, "tcp");

        /// <summary>The password of its superuser.</summary>
        public ParameterResource PasswordParameter { get; } = password;

        /// <summary>The name of its superuser.</summary>
        public ReferenceExpression UserNameReference => userName is null ? ReferenceExpression.Create($"postgres") : ReferenceExpression.Create($"{userName}");

        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
            $"Host={Primary(EndpointProperty.Host)};Port={Primary(EndpointProperty.Port)};Username={UserNameReference};Password={PasswordParameter}");

        private EndpointReferenceExpression Primary(EndpointProperty property) => PrimaryEndpoint.Property(property);
    }

    /// <summary>pgAdmin, which shows a Postgres server in the browser.</summary>
    public class PgAdminContainerResource(string name) : ContainerResource(name);

    /// <summary>A database of a Postgres server.</summary>
    public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
        : Resource(name), IResourceWithParent, IResourceWithConnectionString
    {
        /// <summary>The server.</summary>
        public PostgresServerResource Parent { get; } = postgresParentResource;

        IResource IResourceWithParent.Parent => Parent;

        /// <summary>The name of the database.</summary>
        public string DatabaseName { get; } = databaseName;

        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent.ConnectionStringExpression};Database={DatabaseName}");

        /// <summary>The database as a URL.</summary>
        public ReferenceExpression UriExpression => ReferenceExpression.Create(
            $"postgresql://{Parent.UserNameReference}:{Parent.PasswordParameter}@{Parent.PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}/{DatabaseName}");
    }
}

namespace Aspire.Hosting
{
    /// <summary>Adds and configures Postgres.</summary>
    public static class PostgresBuilderExtensions
    {
        /// <summary>Adds a Postgres server.</summary>
        public static IResourceBuilder<PostgresServerResource> AddPostgres(
            this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null,
            IResourceBuilder<ParameterResource>? password = null, int? port = null)
        {
            var server = new PostgresServerResource(name, userName?.Resource, password?.Resource ?? builder.CreatePassword(name));
            return builder.AddResource(server)
                .WithEndpoint(port, 5432, name: "tcp")
                .WithImage("library/postgres", "18.3")
                .WithEnvironment(context =>
                {
                    context.EnvironmentVariables["POSTGRES_USER"] = server.UserNameReference;
                    context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter;
                })
                .WithHealthCheck($"{name}_check");
        }

        /// <summary>Adds a database, which is created when the server is ready.</summary>
        public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
            this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null) =>
            builder.ApplicationBuilder.AddResource(new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource)).WithHealthCheck($"{name}_check");

        /// <summary>Keeps its data in a volume.</summary>
        public static IResourceBuilder<PostgresServerResource> WithDataVolume(
            this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
        {
            var tag = builder.Resource.Annotations.OfType<ContainerImageAnnotation>().Last().Tag;
            var keepsDataBelow = int.TryParse(tag?.Split('.', '-')[0], out var major) && major >= 18;
            return builder.WithVolume(name ?? $"{builder.Resource.Name}-data", keepsDataBelow ? "/var/lib/postgresql" : "/var/lib/postgresql/data", isReadOnly);
        }

        /// <summary>Adds pgAdmin.</summary>
        public static IResourceBuilder<PostgresServerResource> WithPgAdmin(
            this IResourceBuilder<PostgresServerResource> builder, Action<IResourceBuilder<PgAdminContainerResource>>? configureContainer = null, string? containerName = null)
        {
            var admin = builder.ApplicationBuilder.AddResource(new PgAdminContainerResource(containerName ?? "pgadmin"))
                .WithImage("dpage/pgadmin4", "9.15.0").WithHttpEndpoint(targetPort: 80, name: "http");
            configureContainer?.Invoke(admin);
            return builder;
        }

        internal static ParameterResource CreatePassword(this IDistributedApplicationBuilder builder, string name)
        {
            var parameter = builder.CreateParameter($"{name}-password", secret: true);
            parameter.Default = new GenerateParameterDefault { MinLength = 22, Special = false };
            return parameter;
        }
    }
}
