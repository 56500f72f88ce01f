using System.Runtime.InteropServices;

namespace Aspire.Hosting.StandIn;

/// <summary>Finds programs.</summary>
internal static class CommandPath
{
    /// <summary>The dotnet that runs this process, so that children get the same one.</summary>
    public static string Dotnet { get; } =
        Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory()) is var beside && File.Exists(beside) ? beside : "dotnet";

    /// <summary>The program's full path, if it is there.</summary>
    public static string? Find(string command, string directory = ".") => command.Contains('/', StringComparison.Ordinal)
        ? Path.GetFullPath(command, Path.GetFullPath(directory)) is var path && File.Exists(path) ? path : null
        : (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
