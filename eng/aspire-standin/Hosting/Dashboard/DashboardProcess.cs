using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.StandIn;

/// <summary>The real Aspire dashboard, which the <c>aspire</c> command line tool brings: traces, metrics and logs of every process.</summary>
internal sealed partial class DashboardProcess(DistributedApplicationOptions options, IDistributedApplicationBuilder builder, ILogger<DistributedApplication> logger)
{
    private ChildProcess? _process;

    /// <summary>Where processes send their telemetry, if the dashboard runs.</summary>
    public string? OtlpEndpoint { get; private set; }

    /// <summary>Starts it without waiting for it; it takes some seconds to be up.</summary>
    public void Start()
    {
        if (options.DisableDashboard)
        {
            return;
        }

        if (FindCli() is not { } cli)
        {
            LogNoCli(logger);
            return;
        }

        var frontend = Url(builder.Configuration["ASPNETCORE_URLS"], 18888);
        OtlpEndpoint = Url(builder.Configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"], 4317);
        var log = new ResourceLog("dashboard", logger);
        _process = ChildProcess.Start(
            new ChildProcessSpec(
                cli,
                ["dashboard", "run", "--frontend-url", frontend, "--otlp-grpc-url", OtlpEndpoint, "--otlp-http-url", Url(null, 4318), "--non-interactive", "--nologo"],
                builder.AppHostDirectory,
                new Dictionary<string, string>()),
            line =>
            {
                log.Remember(line);
                if (LoginUrl().Match(line) is { Success: true } url)
                {
                    LogLogin(logger, url.Value);
                }
            });
        _ = ReportExitAsync(_process, log);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _process, null) is { } process)
        {
            await process.StopAsync(cancellationToken);
        }
    }

    /// <summary>The first http address that the launch profile has for it, else the usual port, else a free one.</summary>
    private static string Url(string? addresses, int usualPort)
    {
        var port = (addresses ?? "").Split(';').Where(address => address.StartsWith("http://", StringComparison.Ordinal)).Select(address => new Uri(address).Port)
            .FirstOrDefault(usualPort);
        return $"http://localhost:{(PortAllocation.IsFree(port) ? port : PortAllocation.FreePort())}";
    }

    private string? FindCli()
    {
        for (var folder = new DirectoryInfo(builder.AppHostDirectory); folder is not null; folder = folder.Parent)
        {
            var packages = Path.Combine(folder.FullName, "artifacts", "aspire-cli", "node_modules", "@microsoft");
            if (Directory.Exists(packages))
            {
                return Directory.EnumerateDirectories(packages, "aspire-cli-*").Select(package => Path.Combine(package, "bin", "aspire")).FirstOrDefault(File.Exists);
            }
        }

        return CommandPath.Find("aspire");
    }

    private async Task ReportExitAsync(ChildProcess process, ResourceLog log)
    {
        var exitCode = await process.Exit;
        if (_process == process)
        {
            LogExited(logger, exitCode, string.Join(System.Environment.NewLine, log.LastLines));
        }
    }

    [GeneratedRegex(@"https?://[^\s\x1b/]+/login\?t=\w+")]
    private static partial Regex LoginUrl();

    [LoggerMessage(EventId = 20, Level = LogLevel.Information, Message = "Login to the dashboard at {Url}")]
    private static partial void LogLogin(ILogger logger, string url);

    [LoggerMessage(EventId = 21, Level = LogLevel.Information,
        Message = "No dashboard: there is no 'aspire' command. Get it with: npm install --prefix artifacts/aspire-cli @microsoft/aspire-cli-linux-x64 (or your platform's).")]
    private static partial void LogNoCli(ILogger logger);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "The dashboard ended with exit code {ExitCode}; everything else goes on without it. {LastLines}")]
    private static partial void LogExited(ILogger logger, int exitCode, string lastLines);
}
