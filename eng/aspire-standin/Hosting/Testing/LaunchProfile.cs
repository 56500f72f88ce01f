using System.Reflection;
using System.Text.Json;

namespace Aspire.Hosting.Testing;

/// <summary>The environment of the AppHost's first launch profile, which holds in tests as it does when it is run.</summary>
internal static class LaunchProfile
{
    private static readonly string[] HostPrefixes = ["DOTNET_", "ASPNETCORE_"];

    public static IEnumerable<string> Args(string appHostDirectory, string[] args)
    {
        var path = Path.Combine(appHostDirectory, "Properties", "launchSettings.json");
        if (!File.Exists(path))
        {
            return [];
        }

        using var settings = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        return settings.RootElement.GetProperty("profiles").EnumerateObject().First().Value.TryGetProperty("environmentVariables", out var variables)
            ? [.. variables.EnumerateObject().SelectMany(variable => Names(variable.Name).Select(name => $"--{name}={variable.Value}"))
                .Where(given => !args.Any(arg => arg.StartsWith(given.Split('=')[0] + '=', StringComparison.OrdinalIgnoreCase)))]
            : [];
    }

    // As the host reads them: DOTNET_ENVIRONMENT is also ENVIRONMENT.
    private static IEnumerable<string> Names(string variable) => HostPrefixes
        .Where(prefix => variable.StartsWith(prefix, StringComparison.Ordinal)).Select(prefix => variable[prefix.Length..])
        .Append(variable).Select(name => name.Replace("__", ":", StringComparison.Ordinal));

    public static string? ProjectDirectory(Assembly? appHost) => appHost?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(metadata => metadata.Key == "AppHostProjectPath")?.Value;
}
