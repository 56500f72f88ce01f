namespace StoryPortal.Generator;

/// <summary>How many rows a dataset has.</summary>
/// <param name="Agents">Agents.</param>
/// <param name="Events">Events. There is a session for each twenty of them.</param>
/// <param name="ApiRequests">Logged requests.</param>
public sealed record DatasetSize(int Agents, int Events, int ApiRequests)
{
    /// <summary>The size that the targets are about.</summary>
    public static DatasetSize Full { get; } = new(100_000, 1_000_000, 1_000_000);

    /// <summary>Sessions.</summary>
    public int Sessions => Math.Max(1, Events / 20);

    /// <summary>The same, <paramref name="factor"/> times as large; at least one row each.</summary>
    public DatasetSize Scaled(double factor) => new(Times(Agents, factor), Times(Events, factor), Times(ApiRequests, factor));

    private static int Times(int count, double factor) => Math.Max(1, (int)(count * factor));
}
