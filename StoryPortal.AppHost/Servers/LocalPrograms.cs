using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace StoryPortal.AppHost.Servers;

/// <summary>The server programs of this machine.</summary>
/// <param name="Postgres">The folder of the PostgreSQL programs.</param>
/// <param name="Redis">The program redis-server or valkey-server.</param>
internal sealed record LocalPrograms(string Postgres, string Redis)
{
    private const int OldestPostgres = 15;

    /// <summary>Finds them, or says what to install.</summary>
    public static LocalPrograms Find(IDistributedApplicationBuilder builder)
    {
        var found = Search(Scripts(builder));
        var version = found.GetValueOrDefault("POSTGRES_VERSION", "");
        var postgres = version.Length == 0 ? $"PostgreSQL {OldestPostgres} or newer was not found"
            : int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture) < OldestPostgres ? $"PostgreSQL {OldestPostgres} or newer is needed, only {version} was found"
            : null;
        var redis = found.GetValueOrDefault("REDIS_SERVER", "").Length == 0 ? "neither Redis nor Valkey was found" : null;

        return (postgres ?? redis) is null
            ? new(found["POSTGRES_BIN"], found["REDIS_SERVER"])
            : throw new DistributedApplicationException(
                $"Story Portal runs its servers in containers or as programs of this machine; there, {string.Join(" and ", new[] { postgres, redis }.OfType<string>())}. "
                + "Start Docker or Podman, or install the servers: './start.sh' does it on Debian and Ubuntu ('apt-get install postgresql postgresql-contrib redis-server'); "
                + "on macOS 'brew install postgresql@18 redis'.");
    }

    /// <summary>The folder of the scripts that run the servers.</summary>
    public static string Scripts(IDistributedApplicationBuilder builder) => Path.Combine(builder.AppHostDirectory, "Servers");

    private static Dictionary<string, string> Search(string scripts)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(scripts, "find-servers.sh")]) { RedirectStandardOutput = true })!;
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            return lines.Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        }
        catch (Win32Exception) // no bash: Windows, which runs the servers as containers
        {
            return [];
        }
    }
}
