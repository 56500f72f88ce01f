using System.Security.Cryptography;

namespace StoryPortal.AppHost.Storage;

/// <summary>The folder of one system: its secrets and the data they open, together, so that they live and are wiped together.</summary>
/// <remarks><c>StoryPortal:DataDirectory</c>, by default <c>.storyportal</c> in the repository. Used in run mode only.</remarks>
public sealed class DataDirectory
{
    // Others may pass through, because Postgres drops to a user of its own; what lies inside is closed to them.
    private const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private DataDirectory(string path) => FullPath = path;

    /// <summary>The folder itself.</summary>
    public string FullPath { get; }

    /// <summary>The generated secrets.</summary>
    public string Secrets => Path.Combine(FullPath, "secrets.json");

    /// <summary>What the running system tells <c>start.sh</c>, as shell assignments; there while it runs and is healthy.</summary>
    public string RunningSystem => Path.Combine(FullPath, "run", "env");

    /// <summary>Which resource kept the system from starting, in words for <c>start.sh</c>.</summary>
    public string FailedStart => Path.Combine(FullPath, "run", "failed");

    /// <summary>The data directory that the configuration names; it is created if it does not exist.</summary>
    public static DataDirectory Of(IDistributedApplicationBuilder builder)
    {
        var repository = Path.GetFullPath(Path.Combine(builder.AppHostDirectory, ".."));
        var directory = new DataDirectory(Path.GetFullPath(builder.Configuration["StoryPortal:DataDirectory"] ?? ".storyportal", repository));
        CreateFolder(directory.FullPath, PassThrough);
        return directory;
    }

    /// <summary>Where a local Postgres keeps its data: in here, unless root runs the system in a folder closed to others, such as /root.</summary>
    public string ForPostgres()
    {
        var inside = Path.Combine(FullPath, "postgres");
        if (new DirectoryInfo(inside).LinkTarget is { } known)
        {
            return known;
        }

        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess || IsOpenToOthers(FullPath))
        {
            return inside;
        }

        var outside = $"/var/lib/story-portal/{NewName()}/postgres";
        CreateFolder(Path.GetDirectoryName(outside)!, PassThrough);
        File.CreateSymbolicLink(inside, outside); // tells the next start, `start.sh --reset` and people where it is
        return outside;
    }

    /// <summary>The volume in which a Postgres container keeps its data; noted in here for the next start and for <c>start.sh --reset</c>.</summary>
    public string VolumeForPostgres()
    {
        var note = Path.Combine(FullPath, "postgres-volume");
        if (!File.Exists(note))
        {
            File.WriteAllText(note, $"story-portal-postgres-{NewName()}\n");
        }

        return File.ReadAllText(note).Trim();
    }

    // Never the name of the folder: made again at the same place, it has other secrets, and must not find data that it cannot open.
    private static string NewName() => RandomNumberGenerator.GetHexString(10, lowercase: true);

    /// <summary>Writes a file that only its owner may read, in one step: nobody ever sees half of it.</summary>
    public static void WritePrivately(string path, string text)
    {
        CreateFolder(Path.GetDirectoryName(path)!, PassThrough);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var draft = $"{path}.{Environment.ProcessId}";
        using (var writer = new StreamWriter(draft, options))
        {
            writer.Write(text);
        }

        File.Move(draft, path, overwrite: true);
    }

    /// <summary>Removes a file if it is there; the folder around it may be gone as well.</summary>
    public static void Remove(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    private static void CreateFolder(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, mode);
            File.SetUnixFileMode(path, mode); // whatever the umask took away
        }
    }

    private static bool IsOpenToOthers(string path)
    {
        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (!OperatingSystem.IsWindows() && !folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }

        return true;
    }
}
