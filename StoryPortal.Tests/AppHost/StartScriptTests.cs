using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary><c>start.sh</c> on Aspire's orchestrator: what it prints, and how it fails.</summary>
public sealed partial class StartScriptTests : IDisposable
{
#if DEBUG
    private const string BuiltConfiguration = "Debug";
#else
    private const string BuiltConfiguration = "Release";
#endif

    private readonly TemporaryFolder _data = new();
    private readonly TemporaryFolder _programs = new();
    private readonly TemporaryFolder _home = new();
    private readonly int[] _ports = ReservedPorts.Take(3);

    public void Dispose()
    {
        _data.Dispose();
        _programs.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task With_a_trusted_development_certificate_it_starts_and_Redis_stays_without_TLS()
    {
        Directory.CreateDirectory(_home.FullPath);
        (string, string)[] variables = [("HOME", _home.FullPath), ("SSL_CERT_DIR", $"{_home.FullPath}/.aspnet/dev-certs/trust:/etc/ssl/certs")];
        var (code, output) = await RunAsync("dotnet", ["dev-certs", "https", "--trust"], variables);
        Assert.True(Directory.EnumerateFiles(_home.FullPath, "aspnetcore-localhost-*.pem", SearchOption.AllDirectories).Any(), $"{code} {output}");

        (code, output) = await RunAsync(["--detach", "--no-build"], variables: variables);
        Assert.True(code == 0, output);
        (code, output) = await RunAsync(["--stop"], variables: variables);
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task It_prints_the_addresses_and_a_killed_AppHost_leaves_nothing_and_a_lost_password_is_named_with_its_remedy()
    {
        var (code, output) = await RunAsync(["--detach", "--no-build"]);
        Assert.True(code == 0, output);
        Assert.Matches(@"Gateway +http://localhost:\d+\n", output);
        Assert.Matches(@"Dashboard +http://localhost:\d+/login\?t=\w+\n", output);
        Assert.Matches(@"Admin key +\w{32}\n", output);
        AssertSecretsArePrivate(Token().Match(output).Groups[1].Value);

        var values = await File.ReadAllTextAsync(Path.Combine(_data.FullPath, "run", "env"));
        var ports = Port().Matches(values).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Concat(_ports).ToList();
        await Signals.SendAsync("KILL", int.Parse(AppHostId().Match(values).Groups[1].Value, CultureInfo.InvariantCulture));
        await Eventually.TrueAsync(
            () => Task.FromResult(!ports.Exists(IsOpen) && ProcessesOf(_data.FullPath).Count == 0),
            () => $"open ports {string.Join(", ", ports.Where(IsOpen))}, processes {string.Join("\n", ProcessesOf(_data.FullPath))}",
            timeout: TimeSpan.FromSeconds(20));

        File.Delete(Path.Combine(_data.FullPath, "secrets.json"));
        (code, output) = await RunAsync(["--detach", "--no-build"]);
        Assert.Equal(1, code);
        Assert.Contains("postgres ended with exit code 1", output, StringComparison.Ordinal);
        Assert.Contains("was made with another password", output, StringComparison.Ordinal);
        Assert.Contains("./start.sh --reset", output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Task.FromResult(ProcessesOf(_data.FullPath).Count == 0), () => string.Join("\n", ProcessesOf(_data.FullPath)));
    }

    [Fact]
    public async Task The_output_of_a_program_is_readable_by_its_owner_alone_even_in_an_older_file()
    {
        Directory.CreateDirectory(_home.FullPath);
        var log = Path.Combine(_home.FullPath, "program.log");
        await File.WriteAllTextAsync(log, "older");
        var command = $". '{Repository.PathOf("eng", "console.sh")}'; quietly '{log}' echo newer";
        var (code, output) = await RunAsync("bash", ["-c", command], []);
        Assert.True(code == 0, output);
        Assert.Equal("newer\n", await File.ReadAllTextAsync(log));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(log) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_the_resource()
    {
        using var listener = new TcpListener(IPAddress.Loopback, _ports[0]);
        listener.Start();

        var (code, output) = await RunAsync(["--detach", "--no-build"]);

        Assert.Equal(1, code);
        Assert.Contains("Ports are in use.", output, StringComparison.Ordinal);
        Assert.Contains($"port {_ports[0]}, which dashboard needs, is held by", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_SDK_it_says_where_to_get_it()
    {
        var (code, output) = await RunAsync(["--detach"], without: ["dotnet"]);

        Assert.Equal(1, code);
        Assert.Contains("The .NET 10 SDK is not installed.", output, StringComparison.Ordinal);
        Assert.Contains("https://dotnet.microsoft.com/download", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_neither_containers_nor_servers_it_says_what_to_install()
    {
        var (code, output) = await RunAsync(["--detach", "--no-build"], without: ["docker", "podman", "apt-get"], ("StoryPortal__Servers", "auto"), ("POSTGRES_BIN", "/none"));

        Assert.Equal(1, code);
        Assert.Contains("Not installed: postgresql", output, StringComparison.Ordinal);
        Assert.Contains("or start Docker or Podman", output, StringComparison.Ordinal);
    }

    // Every file of the data directory that has a secret, whoever has written it.
    private void AssertSecretsArePrivate(string dashboardToken)
    {
        var stored = File.ReadAllText(Path.Combine(_data.FullPath, "secrets.json"));
        string[] secrets = [.. JsonSerializer.Deserialize<Dictionary<string, string>>(stored)!.Values, dashboardToken];
        var all = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        var files = Directory.EnumerateFiles(_data.FullPath, "*", all)
            .Where(file => !file.Contains("/postgres/", StringComparison.Ordinal)) // the data itself, in a folder of its user's
            .Where(file => File.ReadAllText(file) is var text && secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)))
            .Select(file => Path.GetRelativePath(_data.FullPath, file)).ToHashSet();
        Assert.Superset(new HashSet<string> { "secrets.json", "run/env", "run/apphost.log" }, files);
        foreach (var file in files)
        {
            var mode = OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(Path.Combine(_data.FullPath, file));
            Assert.True(OperatingSystem.IsWindows() || mode == (UnixFileMode.UserRead | UnixFileMode.UserWrite), $"{file}: {mode}");
        }
    }

    private Task<(int Code, string Output)> RunAsync(string[] arguments, string[]? without = null, params (string Name, string Value)[] variables)
    {
        (string, string)[] path = without is null ? [] : [("PATH", PathWithout(without))];
        return RunAsync("bash", [Repository.PathOf("start.sh"), .. arguments], [.. path, .. variables]);
    }

    private async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || name.StartsWith("OTEL_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in ((string, string)[])
        [
            ("StoryPortal__Servers", "local"), ("StoryPortal__DataDirectory", _data.FullPath), ("DcpPublisher__RandomizePorts", "true"),
            ("Configuration", BuiltConfiguration), ("DOTNET_ENVIRONMENT", "Development"), ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
            ("ASPNETCORE_URLS", $"http://localhost:{_ports[0]}"), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", $"http://localhost:{_ports[1]}"),
            ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", $"http://localhost:{_ports[2]}"), .. variables,
        ])
        {
            start.Environment[name] = value;
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(4)); // the AppHost's own is two minutes
        using var script = Process.Start(start)!;
        script.StandardInput.Close();
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(deadline.Token), script.StandardError.ReadToEndAsync(deadline.Token));
        await script.WaitForExitAsync(deadline.Token);
        return (script.ExitCode, await output + await errors);
    }

    // A folder with links to the programs of this machine, but for some.
    private string PathWithout(string[] names)
    {
        var folder = _programs.FullPath;
        Directory.CreateDirectory(folder);
        foreach (var program in Environment.GetEnvironmentVariable("PATH")!.Split(':').Where(Directory.Exists).SelectMany(Directory.EnumerateFiles))
        {
            var link = Path.Combine(folder, Path.GetFileName(program));
            if (!names.Contains(Path.GetFileName(program)) && !File.Exists(link))
            {
                File.CreateSymbolicLink(link, program);
            }
        }

        return folder;
    }

    private static bool IsOpen(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // What the orchestrator starts has the data directory in its command line or in its environment.
    private static List<string> ProcessesOf(string data) =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
            .Where(folder => Read(folder, "cmdline").Contains(data, StringComparison.Ordinal) || Read(folder, "environ").Contains(data, StringComparison.Ordinal))
            .Select(folder => $"{Path.GetFileName(folder)} {Read(folder, "cmdline").Replace('\0', ' ')}"),
    ];

    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ""; // the process has ended, or belongs to another user
        }
    }

    [GeneratedRegex(@"/login\?t=(\w+)\n")]
    private static partial Regex Token();

    [GeneratedRegex(@"(?:localhost|127\.0\.0\.1):(\d+)")]
    private static partial Regex Port();

    [GeneratedRegex(@"APPHOST_PID='(\d+)'")]
    private static partial Regex AppHostId();
}
