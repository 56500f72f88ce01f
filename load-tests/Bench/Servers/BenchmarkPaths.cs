using System.Net;
using System.Net.Sockets;

namespace StoryPortal.Bench.Servers;

/// <summary>The folders and files of the benchmark.</summary>
internal static class BenchmarkPaths
{
    /// <summary>The repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    /// <summary>The result.</summary>
    public static string Report { get; } = Path.Combine(Repository, "artifacts", "bench.json");

    /// <summary>The data of the system that is measured; new for every run.</summary>
    public static string Data => Path.Combine(Repository, "artifacts", "bench", "data");

    /// <summary>What the programs write.</summary>
    public static string Logs { get; } = Folder("logs");

    /// <summary>A file for each child program, named by its process id.</summary>
    public static string Children { get; } = Folder("children");

    /// <summary>Other files of one run.</summary>
    public static string Files { get; } = Folder("files");

    /// <summary>A free port, below the range of outgoing connections and apart from the ports of the AppHost.</summary>
    public static int FreePort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(15_000, 18_000));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // The port is taken: try another one.
            }
        }
    }

    private static string Folder(string name) => Directory.CreateDirectory(Path.Combine(Repository, "artifacts", "bench", name)).FullName;
}
