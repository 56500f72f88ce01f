using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace StoryPortal.Tests.Running;

/// <summary>
/// A Redis (or Valkey) of a test's own, that may be stopped, paused, emptied and filled up. A shell holds it, and ends it when the tests end,
/// however they do: Redis itself would outlive them.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Holder = """
        exec 2>/dev/null
        "$@" >/dev/null </dev/null &
        echo $!
        read -r _
        kill -KILL $!
        wait $!
        """;

    private static readonly string Program = Array.Find(["redis-server", "valkey-server"], IsOnPath)
        ?? throw new InvalidOperationException("Neither redis-server nor valkey-server is on the path.");

    private Process? _holder;
    private int _id;

    public int Port { get; } = ReservedPorts.Take(1)[0];

    /// <summary>How to reach it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Starts it, empty.</summary>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        var server = new RedisServer();
        try
        {
            await server.RunAsync(settings);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again after <see cref="Stop"/>, empty.</summary>
    public async Task RunAsync(params string[] settings)
    {
        string[] arguments = ["-c", Holder, "bash", Program, "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--save", "", .. settings];
        _holder = Process.Start(new ProcessStartInfo("bash", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() })!;
        _id = int.Parse((await _holder.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    /// <summary>Ends it: its keys are gone.</summary>
    public void Stop()
    {
        _holder!.StandardInput.Close();
        _holder.WaitForExit();
        _holder.Dispose();
        _holder = null;
    }

    /// <summary>It keeps its connections and answers nothing.</summary>
    public void Pause() => Signal("STOP");

    /// <summary>It goes on, with what it was sent meanwhile.</summary>
    public void Resume() => Signal("CONT");

    /// <summary>A connection that is not the product's.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true");

    public ValueTask DisposeAsync()
    {
        if (_holder is not null)
        {
            Stop();
        }

        return ValueTask.CompletedTask;
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
