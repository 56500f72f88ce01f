using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>Postgres and Redis are tuned alike, however they are run.</summary>
public sealed class ServerSettingsTests
{
    /// <summary>The settings that the product promises, word for word.</summary>
    internal static readonly string[] PostgresSettings =
    [
        "max_connections=100", "shared_buffers=256MB", "effective_cache_size=1GB", "maintenance_work_mem=64MB", "checkpoint_completion_target=0.9",
        "wal_buffers=16MB", "default_statistics_target=100", "random_page_cost=1.1", "effective_io_concurrency=200", "work_mem=2621kB",
        "min_wal_size=1GB", "max_wal_size=4GB", "autovacuum=on", "autovacuum_max_workers=3", "autovacuum_vacuum_scale_factor=0.1",
        "autovacuum_analyze_scale_factor=0.05", "shared_preload_libraries=pg_stat_statements", "log_min_duration_statement=100",
    ];

    [Fact]
    public async Task Postgres_as_a_process_gets_each_tuned_setting_once()
    {
        await using var topology = await Topology.RunLocally();
        var arguments = await topology.ArgumentsAsync(topology["postgres"]);

        Assert.Equal("local-postgres.sh", arguments[0]);
        Assert.Equal(PostgresSettings, SettingsIn(arguments[1..]));
    }

    [Fact]
    public async Task Postgres_as_a_container_gets_each_tuned_setting_once()
    {
        await using var topology = await Topology.RunInContainers();

        Assert.Equal(PostgresSettings, SettingsIn(await topology.ArgumentsAsync(topology["postgres"])));
    }

    [Fact]
    public async Task Postgres_when_published_gets_each_tuned_setting_once()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Postgres=container");

        Assert.Equal(PostgresSettings, SettingsIn(await topology.ArgumentsAsync(topology["postgres"])));
    }

    [Fact]
    public async Task Redis_as_a_process_is_a_bounded_cache_that_is_not_written_to_disk()
    {
        await using var topology = await Topology.RunLocally();

        Assert.Equal(
            ["local-redis.sh", "--maxmemory", "512mb", "--maxmemory-policy", "allkeys-lru", "--save", ""],
            await topology.ArgumentsAsync(topology["redis-server"]));
    }

    [Fact]
    public async Task Redis_arguments_reach_redis_server_when_published()
    {
        await using var topology = await Topology.Publish();
        var arguments = await topology.ArgumentsAsync(topology.Resources.OfType<RedisResource>().Single());

        // What a published container does, with a redis-server that only says how it was called, and whether in the place of the shell, to which signals go.
        Assert.Equal(2, arguments.Length);
        Assert.Equal("-c", arguments[0]);
        var (received, isInPlace) = await CallAsync(arguments[1]);
        Assert.EndsWith("<--maxmemory><512mb><--maxmemory-policy><allkeys-lru><--save><>", received, StringComparison.Ordinal);
        Assert.True(isInPlace, arguments[1]);
    }

    [Fact]
    public async Task Neither_password_is_on_a_command_line()
    {
        await using var topology = await Topology.RunLocally("--Parameters:postgres-password=pg-secret", "--Parameters:redis-password=redis-secret");
        var arguments = (string[])[.. await topology.ArgumentsAsync(topology["postgres"]), .. await topology.ArgumentsAsync(topology["redis-server"])];

        Assert.DoesNotContain(arguments, argument => argument.Contains("secret", StringComparison.Ordinal));
    }

    private static IEnumerable<string> SettingsIn(string[] arguments)
    {
        Assert.All(arguments.Where((_, index) => index % 2 == 0), argument => Assert.Equal("-c", argument));
        return arguments.Where((_, index) => index % 2 == 1);
    }

    private static async Task<(string Arguments, bool IsInPlace)> CallAsync(string command)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.FullPath);
        var program = Path.Combine(folder.FullPath, "redis-server");
        await File.WriteAllTextAsync(program, "#!/bin/sh\necho $$\nprintf '<%s>' \"$@\"\n");

        var start = new ProcessStartInfo("/bin/sh", ["-c", $"chmod +x '{program}' && {command}"]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{folder.FullPath}:{start.Environment["PATH"]}";
        using var shell = Process.Start(start)!;
        var output = (await shell.StandardOutput.ReadToEndAsync(Topology.Deadline)).Split('\n');
        await shell.WaitForExitAsync(Topology.Deadline);
        return (output[1], output[0] == $"{shell.Id}");
    }
}
