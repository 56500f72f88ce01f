using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.AppHost;

namespace StoryPortal.Tests.Deployment;

/// <summary>What azd makes of what the AppHost publishes where it writes a template itself (pkg/apphost/generate.go and aca_ingress.go of Azure/azure-dev).</summary>
internal sealed partial class AzdManifest(Topology topology)
{
    private const string Domain = "{{ .Env.AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN }}";

    /// <summary>The endpoint that becomes the app's ingress: the external one, or the first of HTTP.</summary>
    public static EndpointAnnotation IngressOf(IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        return endpoints.SingleOrDefault(endpoint => endpoint.IsExternal) ?? endpoints.FirstOrDefault(IsHttp) ?? endpoints[0];
    }

    public static bool IsHttp(EndpointAnnotation endpoint) => endpoint.UriScheme is "http" or "https";

    /// <summary>The value of a variable.</summary>
    public string Evaluate(object value) => value switch
    {
        IResourceWithConnectionString source => Evaluate($"{{{source.Name}.connectionString}}"),
        IManifestExpressionProvider provider => Evaluate(provider.ValueExpression),
        _ => Expression().Replace((string)value, match => Evaluate(match.Groups["resource"].Value, match.Groups["property"].Value.Split('.'))),
    };

    private string Evaluate(string name, string[] property)
    {
        var resource = topology.Resources.SingleOrDefault(candidate => candidate.Name == name);
        return property switch
        {
            ["value"] => $$$"""{{ securedParameter "{{{name.Replace('-', '_')}}}" }}""", // all our parameters are secret: PublishedTests
            ["connectionString"] when resource is ParameterResource => Evaluate(name, ["value"]),
            ["connectionString"] when resource is IResourceWithConnectionString source => Evaluate(source.ConnectionStringExpression.ValueExpression),
            ["connectionString"] when resource is null => "", // a condition of Aspire's whether Redis has TLS: published, it has not
            ["bindings", var endpoint, var part] => Evaluate(resource!, resource!.Annotations.OfType<EndpointAnnotation>().Single(found => found.Name == endpoint), part),
            _ => throw new NotSupportedException($"{name}.{string.Join('.', property)}"),
        };
    }

    private static string Evaluate(IResource resource, EndpointAnnotation endpoint, string part)
    {
        var isIngress = endpoint == IngressOf(resource) && IsHttp(endpoint);
        var host = isIngress ? $"{resource.Name}{(endpoint.IsExternal ? "" : ".internal")}.{Domain}" : resource.Name;
        var port = Convert.ToString(isIngress ? 80 : endpoint.Port ?? endpoint.TargetPort, CultureInfo.InvariantCulture);
        return part switch
        {
            "host" => host,
            "port" => port!,
            "targetPort" => Convert.ToString(endpoint.TargetPort, CultureInfo.InvariantCulture)!,
            "url" => isIngress ? $"{endpoint.UriScheme}://{host}" : $"{endpoint.UriScheme}://{host}:{port}",
            _ => throw new NotSupportedException(part),
        };
    }

    [GeneratedRegex(@"\{(?<resource>[\w-]+)\.(?<property>[\w.-]+)\}")]
    private static partial Regex Expression();
}
