using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.AppHost;

/// <summary>Generated secrets live as long as the data that they open, and in the same place.</summary>
public sealed class SecretTests
{
    private static readonly string[] Names = ["admin-key", "internal-key", "postgres-password", "redis-password"];

    [Fact]
    public async Task There_is_one_secret_of_each_kind()
    {
        await using var topology = await Topology.RunLocally();

        var parameters = topology.Resources.OfType<ParameterResource>().ToList();
        Assert.Equal(Names, parameters.Select(parameter => parameter.Name).Order());
        Assert.All(parameters, parameter => Assert.True(parameter.Secret));
    }

    [Fact]
    public async Task The_first_run_makes_them_and_the_next_ones_keep_them()
    {
        using var data = new TemporaryFolder();

        var first = await SecretsAsync($"--StoryPortal:DataDirectory={data.FullPath}");
        var second = await SecretsAsync($"--StoryPortal:DataDirectory={data.FullPath}");

        Assert.Equal(first, second);
        Assert.All(first.Values, secret => Assert.Matches("^[A-Za-z0-9]{32}$", secret));
        Assert.Distinct(first.Values);
        var stored = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(Path.Combine(data.FullPath, "secrets.json")));
        Assert.Equal(first, stored);
    }

    [Fact]
    public async Task Other_data_has_other_secrets()
    {
        using var data = new TemporaryFolder();
        using var other = new TemporaryFolder();

        Assert.NotEqual(
            (await SecretsAsync($"--StoryPortal:DataDirectory={data.FullPath}"))["admin-key"],
            (await SecretsAsync($"--StoryPortal:DataDirectory={other.FullPath}"))["admin-key"]);
    }

    [Fact]
    public async Task Only_their_owner_can_read_them()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using var topology = await Topology.RunLocally();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(topology.DataDirectory, "secrets.json")));
    }

    [Fact]
    public async Task A_configured_value_wins_and_is_not_stored()
    {
        using var data = new TemporaryFolder();

        var secrets = await SecretsAsync($"--StoryPortal:DataDirectory={data.FullPath}", "--Parameters:admin-key=mine");

        Assert.Equal("mine", secrets["admin-key"]);
        Assert.DoesNotContain("admin-key", await File.ReadAllTextAsync(Path.Combine(data.FullPath, "secrets.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publishing_touches_no_file()
    {
        await using var topology = await Topology.Publish("--StoryPortal:Publish:Postgres=container");

        Assert.Equal(Names, topology.Resources.OfType<ParameterResource>().Select(parameter => parameter.Name).Order());
        Assert.False(Directory.Exists(topology.DataDirectory));
    }

    private static async Task<Dictionary<string, string>> SecretsAsync(params string[] args)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.StoryPortal_AppHost>(
            ["--StoryPortal:Servers=container", .. args], Topology.Deadline);
        var secrets = new Dictionary<string, string>();
        foreach (var parameter in builder.Resources.OfType<ParameterResource>())
        {
            secrets[parameter.Name] = (await parameter.GetValueAsync(Topology.Deadline))!;
        }

        return secrets;
    }
}
