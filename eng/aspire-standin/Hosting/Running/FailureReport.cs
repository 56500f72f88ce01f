using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.StandIn;

/// <summary>Says what happened to a resource, so that nobody has to search the log for it.</summary>
internal static class FailureReport
{
    public static string Exited(IResource resource, int exitCode, bool wasReady, IEnumerable<string> lastLines) =>
        $"Resource '{resource.Name}' exited with code {exitCode}{(wasReady ? "" : " before it was ready")}.{Lines(lastLines)}";

    public static string NotStarted(IResource resource, string reason) => $"Resource '{resource.Name}' was not started: {reason}";

    public static string NoLongerHealthy(ResourceEvent change) => change.Snapshot.Failure
        ?? $"Resource '{change.Resource.Name}' does not become healthy, it is {change.Snapshot.State?.Text}, exit code {change.Snapshot.ExitCode}.";

    public static string Container(string image) =>
        $"it is a container ({image}), and this build runs without Aspire's packages, which leaves containers out (docs/adr/0001-aspire-stand-in.md).";

    private static string Lines(IEnumerable<string> lines)
    {
        var text = string.Concat(lines.Select(line => $"{System.Environment.NewLine}    {line}"));
        return text.Length == 0 ? " It wrote nothing." : $" Its last lines:{text}";
    }
}
