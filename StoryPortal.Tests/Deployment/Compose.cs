using StoryPortal.Tests.Running;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace StoryPortal.Tests.Deployment;

/// <summary>docker-compose.yaml, as much of it as tests look at.</summary>
internal sealed class Compose
{
    public static Compose File { get; } = Read();

    [YamlMember(Alias = "services")]
    public Dictionary<string, ComposeService> Services { get; set; } = [];

    // Anchors ("<<: *service") are merged, as Compose does.
    private static Compose Read() => new DeserializerBuilder().IgnoreUnmatchedProperties().Build()
        .Deserialize<Compose>(new MergingParser(new Parser(new StringReader(System.IO.File.ReadAllText(Repository.PathOf("docker-compose.yaml"))))));
}

/// <summary>One of its services.</summary>
internal sealed class ComposeService
{
    [YamlMember(Alias = "image")]
    public string Image { get; set; } = "";

    [YamlMember(Alias = "build")]
    public ComposeBuild? Build { get; set; }

    [YamlMember(Alias = "user")]
    public string? User { get; set; }

    [YamlMember(Alias = "read_only")]
    public bool ReadOnly { get; set; }

    [YamlMember(Alias = "privileged")]
    public bool Privileged { get; set; }

    [YamlMember(Alias = "cap_drop")]
    public List<string> CapDrop { get; set; } = [];

    [YamlMember(Alias = "cap_add")]
    public List<string> CapAdd { get; set; } = [];

    [YamlMember(Alias = "security_opt")]
    public List<string> SecurityOpt { get; set; } = [];

    [YamlMember(Alias = "network_mode")]
    public string? NetworkMode { get; set; }

    [YamlMember(Alias = "pid")]
    public string? Pid { get; set; }

    [YamlMember(Alias = "command")]
    public List<string> Command { get; set; } = [];

    [YamlMember(Alias = "environment")]
    public Dictionary<string, string> Environment { get; set; } = [];

    [YamlMember(Alias = "ports")]
    public List<string> Ports { get; set; } = [];

    [YamlMember(Alias = "volumes")]
    public List<string> Volumes { get; set; } = [];

    [YamlMember(Alias = "depends_on")]
    public Dictionary<string, Dictionary<string, string>> DependsOn { get; set; } = [];

    [YamlMember(Alias = "healthcheck")]
    public Dictionary<string, object>? HealthCheck { get; set; }

    [YamlMember(Alias = "deploy")]
    public Dictionary<string, Dictionary<string, Dictionary<string, string>>> Deploy { get; set; } = [];
}

/// <summary>How an image is built.</summary>
internal sealed class ComposeBuild
{
    [YamlMember(Alias = "args")]
    public Dictionary<string, string> Args { get; set; } = [];
}
