using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>The whole system, started on local servers with data of its own.</summary>
public sealed class RunningSystemTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _data = new();
    private readonly CancellationTokenSource _deadline = new(Patience);

    public void Dispose()
    {
        _deadline.Dispose();
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

            // The gateway is healthy a moment before everybody has been told.
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
        }
    }

    private async Task<DistributedApplication> StartAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.StoryPortal_AppHost>(
            ["--StoryPortal:Servers=local", $"--StoryPortal:DataDirectory={_data.FullPath}"], _deadline.Token);
        var app = await builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        await app.WaitUntilHealthyAsync("gateway", _deadline.Token);
        return app;
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
}
