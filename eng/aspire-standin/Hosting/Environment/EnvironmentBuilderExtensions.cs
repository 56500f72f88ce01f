using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    extension<T>(IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment
    {
        /// <summary>Sets environment variables when the resource starts.</summary>
        public IResourceBuilder<T> WithEnvironment(Func<EnvironmentCallbackContext, Task> callback) =>
            builder.WithAnnotation(new EnvironmentCallbackAnnotation(callback));

        /// <summary>Sets environment variables when the resource starts.</summary>
        public IResourceBuilder<T> WithEnvironment(Action<EnvironmentCallbackContext> callback) => builder.WithEnvironment(context =>
        {
            callback(context);
            return Task.CompletedTask;
        });

        /// <summary>Sets an environment variable.</summary>
        public IResourceBuilder<T> WithEnvironment(string name, string? value) => builder.WithVariable(name, value ?? "");

        /// <summary>Sets an environment variable to text with values in it.</summary>
        public IResourceBuilder<T> WithEnvironment(string name, in ReferenceExpression.ExpressionInterpolatedStringHandler value) =>
            builder.WithVariable(name, ReferenceExpression.Create(value));

        /// <summary>Sets an environment variable to text with values in it.</summary>
        public IResourceBuilder<T> WithEnvironment(string name, ReferenceExpression value) => builder.WithVariable(name, value);

        /// <summary>Sets an environment variable to the URL of an endpoint.</summary>
        public IResourceBuilder<T> WithEnvironment(string name, EndpointReference endpointReference) => builder.WithVariable(name, endpointReference);

        /// <summary>Sets an environment variable to the value of a parameter.</summary>
        public IResourceBuilder<T> WithEnvironment(string name, IResourceBuilder<ParameterResource> parameter) => builder.WithVariable(name, parameter.Resource);

        /// <summary>Gives the resource the connection string of another one, as <c>ConnectionStrings__name</c>.</summary>
        public IResourceBuilder<T> WithReference(IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null) =>
            builder.WithVariable($"ConnectionStrings__{connectionName ?? source.Resource.Name}", source.Resource);

        /// <summary>Tells the resource where to find another one, as service discovery reads it.</summary>
        public IResourceBuilder<T> WithReference(IResourceBuilder<IResourceWithServiceDiscovery> source) => builder.WithEnvironment(context =>
        {
            foreach (var endpoint in source.Resource.GetEndpoints())
            {
                context.EnvironmentVariables[$"services__{source.Resource.Name}__{endpoint.EndpointName}__0"] = endpoint;
            }
        });

        private IResourceBuilder<T> WithVariable(string name, object value) => builder.WithEnvironment(context =>
        {
            context.EnvironmentVariables[name] = value;
        });
    }

    extension<T>(IResourceBuilder<T> builder)
        where T : IResourceWithArgs
    {
        /// <summary>Adds command line arguments.</summary>
        public IResourceBuilder<T> WithArgs(params string[] args) => builder.WithArgs([.. args.Cast<object>()]);

        /// <summary>Adds command line arguments, which may be values.</summary>
        public IResourceBuilder<T> WithArgs(params object[] args) => builder.WithArgs(context =>
        {
            foreach (var arg in args)
            {
                context.Args.Add(arg);
            }
        });

        /// <summary>Adds command line arguments when the resource starts.</summary>
        public IResourceBuilder<T> WithArgs(Action<CommandLineArgsCallbackContext> callback) => builder.WithArgs(context =>
        {
            callback(context);
            return Task.CompletedTask;
        });

        /// <summary>Adds command line arguments when the resource starts.</summary>
        public IResourceBuilder<T> WithArgs(Func<CommandLineArgsCallbackContext, Task> callback) =>
            builder.WithAnnotation(new CommandLineArgsCallbackAnnotation(callback));
    }
}
