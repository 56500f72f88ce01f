using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace StoryPortal.Tests.Running;

/// <summary>A Redis (or Valkey) of a test's own, that may be stopped, paused, emptied and filled up.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private Process? _process;

    public int Port { get; } = FreePort();

    /// <summary>How to reach it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Starts it, empty.</summary>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        var server = new RedisServer();
        await server.RunAsync(settings);
        return server;
    }

    /// <summary>Starts it again after <see cref="Stop"/>, empty.</summary>
    public async Task RunAsync(params string[] settings)
    {
        string[] arguments = ["--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--save", "", .. settings];
        _process = Start("redis-server", arguments) ?? Start("valkey-server", arguments)
            ?? throw new InvalidOperationException("Neither redis-server nor valkey-server is on the path.");
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
        Resume();
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>It keeps its connections and answers nothing.</summary>
    public void Pause() => Signal("STOP");

    /// <summary>It goes on, with what it was sent meanwhile.</summary>
    public void Resume() => Signal("CONT");

    /// <summary>A connection that is not the product's.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true");

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            Stop();
        }

        return ValueTask.CompletedTask;
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static Process? Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() });
        }
        catch (Win32Exception) // there is no such program
        {
            return null;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
