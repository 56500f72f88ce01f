using System.Globalization;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Deployment;

/// <summary>A row of "Limits" in docs/deployment.md: MiB that a process was seen to use and may use in Compose, and what it gets on Container Apps.</summary>
internal sealed record DocumentedLimit(string Name, int Peak, int Limit, string OnContainerApps)
{
    public static IReadOnlyList<DocumentedLimit> All { get; } =
    [
        .. File.ReadAllText(Repository.PathOf("docs", "deployment.md")).Split("## Limits")[1].Split("\n## ")[0].Split('\n')
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length > 4 && int.TryParse(cells[2], CultureInfo.InvariantCulture, out _))
            .Select(cells => new DocumentedLimit(
                cells[1], int.Parse(cells[2], CultureInfo.InvariantCulture), int.Parse(cells[3], CultureInfo.InvariantCulture), cells[4])),
    ];
}
