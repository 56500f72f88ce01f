using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>The whole system, started on local servers with data of its own.</summary>
public sealed partial class RunningSystemTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _data = new();
    private readonly ResourceLogs _logs = new();
    private readonly CancellationTokenSource _deadline = new(5 * Patience); // a test starts up to three systems

    public void Dispose()
    {
        _deadline.Dispose();
        _logs.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task It_becomes_healthy_runs_with_the_tuned_settings_and_leaves_nothing_behind()
    {
        List<(string Host, int Port)> doors;
        var announced = Path.Combine(_data.FullPath, "run", "env");

        await using (var app = await StartAsync())
        {
            doors = [.. app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<IResourceWithEndpoints>()
                .SelectMany(resource => resource.GetEndpoints()).Select(endpoint => (endpoint.Host, endpoint.Port))];

            await using var database = NpgsqlDataSource.Create((await app.GetConnectionStringAsync("storyportal", _deadline.Token))!);
            foreach (var setting in ServerSettingsTests.PostgresSettings)
            {
                var (name, value) = (setting.Split('=')[0], setting.Split('=')[1]);
                await using var show = database.CreateCommand($"SHOW {name}");
                var inForce = (string?)await show.ExecuteScalarAsync(_deadline.Token);
                Assert.Equal($"{name}={(name == "log_min_duration_statement" ? value + "ms" : value)}", $"{name}={inForce}");
            }

            foreach (var (name, value) in new[] { ("fsync", "on"), ("synchronous_commit", "on"), ("data_checksums", "on"), ("server_encoding", "UTF8"), ("listen_addresses", "127.0.0.1") })
            {
                await using var show = database.CreateCommand($"SHOW {name}");
                Assert.Equal(value, await show.ExecuteScalarAsync(_deadline.Token));
            }

            Assert.Equal("512mb allkeys-lru", await RedisSettingsAsync((await app.GetConnectionStringAsync("redis", _deadline.Token))!));

            AssertQuietStart();

            // The system is healthy a moment before the file is written.
            await EventuallyAsync(() => File.Exists(announced));
            Assert.Contains($"GATEWAY_URL='{app.GetEndpoint("gateway", "http").ToString().TrimEnd('/')}'", await File.ReadAllTextAsync(announced), StringComparison.Ordinal);
            await app.StopAsync(_deadline.Token);
        }

        Assert.False(File.Exists(announced));
        await EventuallyAsync(() => doors.TrueForAll(door => !Answers(door.Host, door.Port)));
        await EventuallyAsync(() => ProcessesNaming(_data.FullPath).Count == 0);
    }

    [Fact]
    public async Task Data_survives_a_stop_and_its_password_with_it()
    {
        await using (var app = await StartAsync())
        {
            await using var database = NpgsqlDataSource.Create((await app.GetConnectionStringAsync("storyportal", _deadline.Token))!);
            await using var create = database.CreateCommand("CREATE TABLE public.kept AS SELECT 42 AS answer");
            await create.ExecuteNonQueryAsync(_deadline.Token);
            await app.StopAsync(_deadline.Token);
        }

        await using (var app = await StartAsync())
        {
            await using var database = NpgsqlDataSource.Create((await app.GetConnectionStringAsync("storyportal", _deadline.Token))!);
            await using var read = database.CreateCommand("SELECT answer FROM public.kept");
            Assert.Equal(42, await read.ExecuteScalarAsync(_deadline.Token));
            await app.StopAsync(_deadline.Token);
        }

        File.Delete(Path.Combine(_data.FullPath, "secrets.json"));
        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(async () => await (await StartAsync()).DisposeAsync());
        Assert.StartsWith("postgres ended with exit code 1 (", failure.Message, StringComparison.Ordinal);
        Assert.Contains("was made with another password. Set Parameters:postgres-password to the one it was, or: './start.sh --reset'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_times_out_names_the_resource_its_failing_check_and_its_last_lines()
    {
        var builder = await BuilderAsync();
        builder.Services.AddHealthChecks().AddCheck("never", () => HealthCheckResult.Unhealthy("The reason."));
        builder.CreateResourceBuilder(builder.Resources.OfType<ExecutableResource>().Single(resource => resource.Name == "redis-server")).WithHealthCheck("never");
        await using var app = await builder.BuildAsync(_deadline.Token);

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartHealthyAsync(TimeSpan.FromSeconds(30)));

        Assert.StartsWith("redis-server is not healthy after 30 s (Running).\nHealth check never is Unhealthy: The reason.\n", failure.Message, StringComparison.Ordinal);
        Assert.Contains("\ndata-layer is not healthy after 30 s (Waiting).\n", failure.Message, StringComparison.Ordinal);
        Assert.Contains("\n[redis-server] ", failure.Message, StringComparison.Ordinal);
    }

    private async Task<DistributedApplication> StartAsync()
    {
        var app = await (await BuilderAsync()).BuildAsync(_deadline.Token);
        try
        {
            await app.StartHealthyAsync(Patience);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    // Of the machine: the setting vm.overcommit_memory is not the product's.
    private static readonly string[] OfTheMachine = ["Memory overcommit must be enabled"];

    // A start that succeeds logs no error and no warning: .NET's "warn:" and "fail:", Postgres' severities, Redis' "WARNING", whatever goes to stderr.
    private void AssertQuietStart()
    {
        var lines = _logs.Lines.ToArray();
        Assert.Contains(lines, line => line.Resource == "gateway");
        Assert.Contains(lines, line => line.Resource == "postgres");
        var alarms = lines.Where(line => line.Level > LogLevel.Warning || Alarm().IsMatch(line.Text))
            .Where(line => !OfTheMachine.Any(text => line.Text.Contains(text, StringComparison.Ordinal))).Select(line => $"{line.Resource}: {line.Text}").ToList();
        Assert.True(alarms.Count == 0, string.Join('\n', alarms)); // in full
    }

    [GeneratedRegex(@"(warn|fail|crit)\x1B\[|(warn|fail|crit): | (WARNING|ERROR|FATAL|PANIC):? |# WARNING")]
    private static partial Regex Alarm();

    private async Task<IDistributedApplicationTestingBuilder> BuilderAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.StoryPortal_AppHost>(
            ["--StoryPortal:Servers=local", $"--StoryPortal:DataDirectory={_data.FullPath}", .. PortRange.Next()], _deadline.Token);
        builder.Services.AddLogging(logging => logging.AddProvider(_logs));
        return builder;
    }

    // A few words of the protocol save a client library.
    private async Task<string> RedisSettingsAsync(string connectionString)
    {
        var (address, password) = (connectionString.Split(',')[0], connectionString.Split("password=")[1]);
        using var client = new TcpClient(address.Split(':')[0], int.Parse(address.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));
        await using var stream = client.GetStream();
        await using var writer = new StreamWriter(stream) { NewLine = "\r\n", AutoFlush = true };
        using var reader = new StreamReader(stream);
        await writer.WriteLineAsync($"AUTH {password}\r\nCONFIG GET maxmemory\r\nCONFIG GET maxmemory-policy\r\nQUIT".AsMemory(), _deadline.Token);
        var answer = await reader.ReadToEndAsync(_deadline.Token);
        return $"{(answer.Contains("536870912", StringComparison.Ordinal) ? "512mb" : answer)} {(answer.Contains("allkeys-lru", StringComparison.Ordinal) ? "allkeys-lru" : answer)}";
    }

    private static bool Answers(string host, int port)
    {
        try
        {
            using var client = new TcpClient(host, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static List<string> ProcessesNaming(string text) => OperatingSystem.IsLinux()
        ? [.. Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(CommandLine).Where(line => line.Contains(text, StringComparison.Ordinal))]
        : [];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException) // it has just ended
        {
            return "";
        }
    }

    private async Task EventuallyAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(_deadline.Token);
        }
    }

    /// <summary>What the resources write: the AppHost logs it, by resource.</summary>
    private sealed class ResourceLogs : ILoggerProvider
    {
        private const string Prefix = ".Resources.";

        public ConcurrentQueue<(string Resource, LogLevel Level, string Text)> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) =>
            categoryName.IndexOf(Prefix, StringComparison.Ordinal) is >= 0 and var at ? new ResourceLog(categoryName[(at + Prefix.Length)..], Lines) : NullLogger.Instance;

        public void Dispose()
        {
        }
    }

    private sealed class ResourceLog(string resource, ConcurrentQueue<(string Resource, LogLevel Level, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((resource, logLevel, formatter(state, exception)));
    }
}
