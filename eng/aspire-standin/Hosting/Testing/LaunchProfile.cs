using System.Reflection;
using System.Text.Json;

namespace Aspire.Hosting.Testing;

/// <summary>The environment of the AppHost's first launch profile, which holds in tests as it does when it is run.</summary>
internal static class LaunchProfile
{
    public static IEnumerable<string> Args(string appHostDirectory, string[] args)
    {
        var path = Path.Combine(appHostDirectory, "Properties", "launchSettings.json");
        if (!File.Exists(path))
        {
            return [];
        }

        using var settings = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        return settings.RootElement.GetProperty("profiles").EnumerateObject().First().Value.TryGetProperty("environmentVariables", out var variables)
            ? [.. variables.EnumerateObject()
                .SelectMany(variable => new[] { variable.Name, variable.Name.Replace("DOTNET_", "", StringComparison.Ordinal).Replace("ASPNETCORE_", "", StringComparison.Ordinal) }
                    .Distinct().Select(name => $"--{name.Replace("__", ":", StringComparison.Ordinal)}={variable.Value}"))
                .Where(given => !args.Any(arg => arg.StartsWith(given.Split('=')[0] + '=', StringComparison.OrdinalIgnoreCase)))]
            : [];
    }

    public static string? ProjectDirectory(Assembly? appHost) => appHost?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(metadata => metadata.Key == "AppHostProjectPath")?.Value;
}
