using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Deployment;

/// <summary>An image is built from the files that the build here reads.</summary>
public sealed class DockerfileTests
{
    private static readonly string[] Copied =
    [
        .. File.ReadAllLines(Repository.PathOf("Dockerfile")).Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1]).Select(source => source.TrimEnd('/')),
    ];

    private static readonly string[] Sent =
    [
        .. File.ReadAllLines(Repository.PathOf(".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]),
    ];

    [Fact]
    public void Everything_that_is_copied_is_sent_to_the_build_and_nothing_else() =>
        Assert.Equal(Copied.Select(source => source.Replace("/*.csproj", "", StringComparison.Ordinal)).Distinct().Order(), Sent.Order());

    [Fact]
    public void What_says_how_to_build_is_copied_among_it_which_rules_are_errors() =>
        Assert.Superset(
            new HashSet<string> { ".editorconfig", "global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" }, Copied.ToHashSet());

    [Fact]
    public void The_image_runs_on_what_the_SDK_would_take_and_not_as_root()
    {
        var file = File.ReadAllText(Repository.PathOf("Dockerfile"));
        var image = File.ReadAllText(Repository.PathOf("Directory.Build.targets")).Split("<ContainerBaseImage>")[1].Split('<')[0];

        Assert.Contains($"FROM {image}\n", file, StringComparison.Ordinal);
        Assert.Contains("USER $APP_UID\n", file, StringComparison.Ordinal);
    }
}
