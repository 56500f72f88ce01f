using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults;

/// <summary>The processes of a running system, to be killed, frozen and started again. Linux, local servers.</summary>
internal static class Victims
{
    private const string Proc = "/proc";

    private static readonly TimeSpan RestartTimeout = TimeSpan.FromMinutes(3);

    /// <summary>Postgres: the server first, then its children.</summary>
    public static async Task<int[]> PostgresAsync(this StoryPortalSystem system)
    {
        await using var command = system.Database.CreateCommand("SHOW data_directory");
        var server = Number(File.ReadLines(Path.Combine((string)(await command.ExecuteScalarAsync())!, "postmaster.pid")).First());
        return [server, .. All().Where(id => Parent(id) == server)];
    }

    /// <summary>Redis.</summary>
    public static int[] Redis(this StoryPortalSystem system)
    {
        var port = system.App.GetEndpoint("redis-server", "tcp").Port;
        return [.. All().Where(id => Read(id, "cmdline").Contains($"-server 127.0.0.1:{port}", StringComparison.Ordinal))];
    }

    /// <summary>
    /// The processes of one of our services, those that register under its address: the service first, then <c>dotnet run</c>, with which Aspire starts it, and
    /// which ends with it.
    /// </summary>
    public static int[] Service(this StoryPortalSystem system, string resource)
    {
        var address = system.App.GetEndpoint(resource, "http").AbsoluteUri.TrimEnd('/');
        var all = All().Where(id => Read(id, "environ").Split('\0').Any(variable => variable.TrimEnd('/') == $"Registration__Url={address}")).ToHashSet();
        return [.. all.OrderByDescending(id => all.Contains(Parent(id)))];
    }

    /// <summary>Where a service itself takes HTTP/1.1: at Aspire's address of it a proxy may listen, which keeps callers waiting while the service is away.</summary>
    public static Uri OwnAddress(this StoryPortalSystem system, string resource)
    {
        const string port = "Listen__Http=";
        return new($"http://127.0.0.1:{Read(system.Service(resource)[0], "environ").Split('\0').Single(variable => variable.StartsWith(port, StringComparison.Ordinal))[port.Length..]}");
    }

    public static async Task GoneAsync(IEnumerable<int> processes)
    {
        var ids = processes.ToList();
        await Eventually.TrueAsync(() => Task.FromResult(ids.TrueForAll(id => Read(id, "cmdline").Length == 0)));
    }

    /// <summary>Starts a resource again whose process has ended, or is about to.</summary>
    public static async Task RestartAsync(this StoryPortalSystem system, string name)
    {
        using var deadline = new CancellationTokenSource(RestartTimeout);
        await system.App.ResourceNotifications.WaitForResourceAsync(name, KnownResourceStates.TerminalStates, deadline.Token);
        var restarted = DateTime.UtcNow;
        await system.RunAsync(name, KnownResourceCommands.StartCommand);
        await system.App.WaitUntilHealthyAsync(name, deadline.Token, restarted);
    }

    /// <summary>Waits until the database responds to the test again, without the connections from before.</summary>
    public static Task DatabaseAnswersAsync(this StoryPortalSystem system) => Eventually.TrueAsync(async () =>
    {
        system.Database.Clear();
        try
        {
            await using var command = system.Database.CreateCommand("SELECT 1");
            return await command.ExecuteScalarAsync() is 1;
        }
        catch (NpgsqlException) // not yet
        {
            return false;
        }
    });

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories(Proc).Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => Number(name!));

    // The fourth field; the second, the program's name, may hold anything.
    private static int Parent(int id) => Read(id, "stat") is { Length: > 0 } stat ? Number(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]) : 0;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"{Proc}/{id}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException) // it has ended, or is somebody else's
        {
            return "";
        }
    }
}
