using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource that others reach by a connection string.</summary>
    public interface IResourceWithConnectionString : IResource, IExpressionValue
    {
        /// <summary>The connection string and the values in it.</summary>
        ReferenceExpression ConnectionStringExpression { get; }

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

        /// <summary>The connection string.</summary>
        ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            ConnectionStringExpression.GetValueAsync(cancellationToken);
    }
}

namespace Aspire.Hosting
{
    /// <summary>A connection string that is no part of another resource.</summary>
    public sealed class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression)
        : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
    {
        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression { get; } = connectionStringExpression;
    }

    /// <summary>Adds connection strings.</summary>
    public static class ConnectionStringBuilderExtensions
    {
        /// <summary>Adds a connection string made of other values.</summary>
        public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
            this IDistributedApplicationBuilder builder, string name, ReferenceExpression connectionStringExpression) =>
            builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
    }
}
