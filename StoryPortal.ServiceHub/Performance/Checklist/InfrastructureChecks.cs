using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>Whether what the product runs in fits it.</summary>
internal sealed class InfrastructureChecks : ICheckGroup
{
    private const long LargestImage = 500L * 1024 * 1024;
    private const double Full = 0.9;
    private const string BuildCacheNote = "build-cache"; // the Dockerfile writes it

    private static readonly string[] Compilers = ["/usr/share/dotnet/sdk", "/usr/lib/dotnet/sdk"];

    public string Name => "Infrastructure";

    public IEnumerable<Check> Checks =>
    [
        new("image", "The image is built in stages and small", "Build with the .NET SDK's container support, or in a last stage that has the runtime alone.", ImageAsync),
        new("build_cache", "Builds of the image use BuildKit's cache", "Build with DOCKER_BUILDKIT=1 and `RUN --mount=type=cache`.", BuildCacheAsync),
        new("resource_limits", "Limits fit what is used", "Raise the limit of the process that is near it, or find out what it holds.", LimitsAsync),
        new("http2", "Clients get HTTP/2", "Open the HTTPS port (`Listen:Https`) with HTTP/1.1 and HTTP/2, and let load balancers pass ALPN on.", Http2Async),
        new("keep_alive", "Connections are used for more than one request", "Look at `Kestrel:Limits:KeepAliveTimeout` of the gateway, and whether callers close connections.", KeepAliveAsync),
    ];

    private static async Task<Finding> ImageAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") != "true")
        {
            return Finding.Unknown("This hub runs as a process of its machine, and not from an image.");
        }

        var compiler = Array.Find(Compilers, Directory.Exists);
        var runtime = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(object).Assembly.Location)))!;
        var bytes = await Task.Run(() => SizeOf(AppContext.BaseDirectory) + SizeOf(runtime), cancellationToken);
        return Finding.Of(
            compiler is null && bytes <= LargestImage,
            $"{(compiler is null ? "There is no compiler in the image" : $"{compiler} is in the image")}; the product and its runtime take {bytes / 1024 / 1024} MiB of it.");
    }

    private static async Task<Finding> BuildCacheAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var note = Path.Combine(AppContext.BaseDirectory, BuildCacheNote);
        return File.Exists(note)
            ? BuildCache(await File.ReadAllTextAsync(note, cancellationToken))
            : Finding.Unknown("Only the Dockerfile leaves a note of its cache in the image. What the .NET SDK builds, and a process of its machine, has none: there is no BuildKit in it.");
    }

    /// <summary>What the note of the Dockerfile says: <c>mounted</c> and the number of packages in the cache, or <c>absent</c>.</summary>
    internal static Finding BuildCache(string note) => note.Trim().Split(' ') switch
    {
        ["mounted", var packages] => Finding.Of(true, $"When the image's packages were last restored, BuildKit's cache was mounted and held {packages} of them."),
        ["absent"] => Finding.Of(false, "When the image's packages were last restored, no cache was mounted."),
        _ => Finding.Unknown($"The note of the build in the image cannot be read: '{note.Trim()}'."),
    };

    private static Task<Finding> LimitsAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var limited = context.Snapshots.Processes
            .Where(process => process.MemoryLimit is not null && process.States.ContainsKey(MetricNames.Memory))
            .Select(process => (process.Service, Limit: process.MemoryLimit!.Value, Used: process.States[MetricNames.Memory].Window.Highest)).ToList();
        return Task.FromResult(limited.Count == 0
            ? Finding.Unknown("No process runs under a limit of memory.")
            : Finding.Of(limited.TrueForAll(process => process.Used < Full * process.Limit), string.Join("; ", limited.Select(process =>
                $"{process.Service} uses {process.Used / 1024 / 1024:0} of {process.Limit / 1024 / 1024} MiB"))));
    }

    private static Task<Finding> Http2Async(CheckContext context, CancellationToken cancellationToken)
    {
        var gateways = ApplicationChecks.Gateways(context);
        var (http2, all) = (gateways.Total(MetricNames.Http2), gateways.Total(MetricNames.AnyProtocol));
        return Task.FromResult(http2 > 0
            ? Finding.Of(true, $"{http2} of {all} requests to the gateway came over HTTP/2.")
            : Finding.Unknown(gateways.Processes.Count == 0 ? "No gateway can be heard." : $"None of {all} requests to the gateway came over HTTP/2: nobody has asked its HTTPS port yet, or TLS ends before it."));
    }

    private static Task<Finding> KeepAliveAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var gateways = ApplicationChecks.Gateways(context);
        var (requests, connections) = (gateways.Total(MetricNames.AnyProtocol), gateways.Total(MetricNames.Connections));
        return Task.FromResult(connections == 0 || requests < Slo.DefaultMinSamples
            ? Finding.Unknown(gateways.Processes.Count == 0 ? "No gateway can be heard." : $"The gateway has seen only {requests} requests.")
            : Finding.Of(requests > connections, $"{requests} requests on {connections} connections to the gateway."));
    }

    private static long SizeOf(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Sum(file => file.Length);
}
