using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A value that is given to the application, by configuration or by default.</summary>
    public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : Resource(name), IExpressionValue
    {
        private string? _value;

        /// <summary>The value where none is configured.</summary>
        public ParameterDefault? Default { get; set; }

        /// <summary>Whether it must not be shown.</summary>
        public bool Secret { get; } = secret;

        /// <inheritdoc />
        public string ValueExpression => $"{{{Name}.value}}";

        /// <inheritdoc />
        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(_value ??= callback(Default));
    }
}

namespace Aspire.Hosting
{
    /// <summary>A parameter has neither a configured nor a default value.</summary>
    public class MissingParameterValueException(string message) : DistributedApplicationException(message);

    /// <summary>Adds parameters.</summary>
    public static class ParameterResourceBuilderExtensions
    {
        extension(IDistributedApplicationBuilder builder)
        {
            /// <summary>Adds a parameter that must be configured as <c>Parameters:name</c>.</summary>
            public IResourceBuilder<ParameterResource> AddParameter(string name, bool secret = false) =>
                builder.AddResource(builder.CreateParameter(name, secret));

            /// <summary>Adds a parameter with a default value.</summary>
            public IResourceBuilder<ParameterResource> AddParameter(string name, ParameterDefault value, bool secret = false)
            {
                var parameter = builder.CreateParameter(name, secret);
                parameter.Default = value;
                return builder.AddResource(parameter);
            }

            /// <summary>Adds a connection string that must be configured as <c>ConnectionStrings:name</c>.</summary>
            public IResourceBuilder<IResourceWithConnectionString> AddConnectionString(string name, string? environmentVariableName = null) =>
                builder.AddResource(new ConfiguredConnectionString(name, builder.Configuration));

            internal ParameterResource CreateParameter(string name, bool secret) =>
                new(name, fallback => builder.Configuration[$"Parameters:{name}"] ?? fallback?.GetDefaultValue() ?? throw new MissingParameterValueException(
                    $"Parameter '{name}' has no value: configure 'Parameters:{name}', for example with the environment variable Parameters__{name}."), secret);
        }
    }

    internal sealed class ConfiguredConnectionString(string name, ConfigurationManager configuration)
        : ParameterResource(name, _ => configuration.GetConnectionString(name) ?? throw new MissingParameterValueException(
            $"Connection string '{name}' has no value: configure 'ConnectionStrings:{name}'."), secret: true), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{(ParameterResource)this}");

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        ValueTask<string?> IResourceWithConnectionString.GetConnectionStringAsync(CancellationToken cancellationToken) => GetValueAsync(cancellationToken);
    }
}
