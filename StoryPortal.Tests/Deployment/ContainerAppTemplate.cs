using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace StoryPortal.Tests.Deployment;

/// <summary>A template of StoryPortal.AppHost/infra from which azd deploys an app, as much of it as tests look at. What azd puts in stays as it is written.</summary>
internal sealed partial class ContainerAppTemplate
{
    private const string Suffix = ".tmpl.yaml";

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Repository.PathOf("StoryPortal.AppHost", "infra"))
        .Select(file => Path.GetFileName(file)).Select(file => file.EndsWith(Suffix, StringComparison.Ordinal) ? file[..^Suffix.Length] : file);

    public ContainerAppProperties Properties { get; set; } = new();

    public Dictionary<string, string> Tags { get; set; } = [];

    public ContainerAppIngress Ingress => Properties.Configuration.Ingress;

    public ContainerAppContainer Container => Properties.Template.Containers.Single();

    public ContainerAppScale Scale => Properties.Template.Scale;

    /// <summary>The variables, those of secrets with the secret's value.</summary>
    public IEnumerable<KeyValuePair<string, string>> Variables => Container.Env.Select(variable => KeyValuePair.Create(
        variable.Name, variable.Value ?? Properties.Configuration.Secrets.Single(secret => secret.Name == variable.SecretRef).Value!));

    public static string Text(string app) => File.ReadAllText(Repository.PathOf("StoryPortal.AppHost", "infra", app + Suffix));

    /// <summary>The template of an app, with what azd's environment says.</summary>
    public static ContainerAppTemplate Of(string app, params (string Name, string Value)[] environment) =>
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).IgnoreUnmatchedProperties().Build()
            .Deserialize<ContainerAppTemplate>(Decide(Text(app), environment.ToDictionary(pair => pair.Name, pair => pair.Value)));

    // The actions that decide something: lines that are there when the environment has a value, one of two texts, and a value with a default.
    private static string Decide(string template, Dictionary<string, string> environment)
    {
        template = Lines().Replace(template, lines =>
            environment.TryGetValue(lines.Groups["name"].Value, out var value) ? lines.Groups["lines"].Value.Replace("{{ . }}", value, StringComparison.Ordinal) : "");
        template = OneOfTwo().Replace(template, texts => texts.Groups[environment.ContainsKey(texts.Groups["name"].Value) ? "if" : "else"].Value);
        return ValueOrDefault().Replace(template, value => environment.GetValueOrDefault(value.Groups["name"].Value, value.Groups["default"].Value));
    }

    [GeneratedRegex("""\s*\{\{- with index \.Env "(?<name>\w+)" \}\}(?<lines>.*?)\s*\{\{- end \}\}""", RegexOptions.Singleline)]
    private static partial Regex Lines();

    [GeneratedRegex("""\{\{ if index \.Env "(?<name>\w+)" \}\}(?<if>.*?)\{\{ else \}\}(?<else>.*?)\{\{ end \}\}""")]
    private static partial Regex OneOfTwo();

    [GeneratedRegex("""\{\{ or \(index \.Env "(?<name>\w+)"\) "(?<default>\w+)" \}\}""")]
    private static partial Regex ValueOrDefault();
}

/// <summary>What is said of the app.</summary>
internal sealed class ContainerAppProperties
{
    public ContainerAppConfiguration Configuration { get; set; } = new();

    public ContainerAppRevision Template { get; set; } = new();
}

/// <summary>What all of its revisions have.</summary>
internal sealed class ContainerAppConfiguration
{
    public ContainerAppIngress Ingress { get; set; } = new();

    public List<ContainerAppValue> Secrets { get; set; } = [];
}

/// <summary>How it is reached.</summary>
internal sealed class ContainerAppIngress
{
    public bool External { get; set; }

    public int TargetPort { get; set; }

    public int? ExposedPort { get; set; }

    public string Transport { get; set; } = "";

    public bool AllowInsecure { get; set; }

    public List<ContainerAppIngress> AdditionalPortMappings { get; set; } = [];
}

/// <summary>A secret, or a variable with a value or the name of a secret.</summary>
internal sealed class ContainerAppValue
{
    public string Name { get; set; } = "";

    public string? Value { get; set; }

    public string? SecretRef { get; set; }
}

/// <summary>A revision.</summary>
internal sealed class ContainerAppRevision
{
    public int TerminationGracePeriodSeconds { get; set; }

    public List<ContainerAppContainer> Containers { get; set; } = [];

    public ContainerAppScale Scale { get; set; } = new();
}

/// <summary>How many replicas it has.</summary>
internal sealed class ContainerAppScale
{
    public int MinReplicas { get; set; }

    public int MaxReplicas { get; set; }
}

/// <summary>What a replica runs.</summary>
internal sealed class ContainerAppContainer
{
    public string Name { get; set; } = "";

    public string Image { get; set; } = "";

    public List<string> Command { get; set; } = [];

    public List<string> Args { get; set; } = [];

    public ContainerAppResources Resources { get; set; } = new();

    public List<ContainerAppValue> Env { get; set; } = [];

    public List<ContainerAppProbe> Probes { get; set; } = [];
}

/// <summary>What a replica gets.</summary>
internal sealed class ContainerAppResources
{
    public decimal Cpu { get; set; }

    public string Memory { get; set; } = "";
}

/// <summary>What the platform asks a replica.</summary>
internal sealed class ContainerAppProbe
{
    public string Type { get; set; } = "";

    public ContainerAppProbed? HttpGet { get; set; }

    public ContainerAppProbed? TcpSocket { get; set; }

    public int InitialDelaySeconds { get; set; }

    public int FailureThreshold { get; set; }
}

/// <summary>Where it asks.</summary>
internal sealed class ContainerAppProbed
{
    public string Path { get; set; } = "";

    public int Port { get; set; }
}
