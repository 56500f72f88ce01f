using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A gateway of a test's own, with its settings, in front of hubs that the test controls. It runs as a process, as it does for users.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    public const string AdminKey = "the-admin-key-of-this-gateway";

    private const int Sigterm = 15;

    private readonly Process _process;
    private readonly StringBuilder _output;

    private GatewayProcess(Process process, StringBuilder output, int port, int securePort, int internalPort)
    {
        (_process, _output, Port, SecurePort) = (process, output, port, securePort);
        Anonymous = Client(port);
        Admin = Client(port);
        Admin.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        Internal = Client(internalPort);
    }

    public int Port { get; }

    public int SecurePort { get; }

    /// <summary>A caller without a key.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>A caller with the admin key.</summary>
    public HttpClient Admin { get; }

    /// <summary>The port for operators.</summary>
    public HttpClient Internal { get; }

    /// <summary>Bytes of memory that it holds.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static async Task<GatewayProcess> StartAsync(IReadOnlyList<FakeHub> hubs, params string[] settings)
    {
        var ports = FreePorts(3);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "StoryPortal.Gateway.dll"), .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal) || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        (start.Environment["Listen__Http"], start.Environment["Listen__Https"], start.Environment["Listen__Internal"]) =
            (Text(ports[0]), Text(ports[1]), Text(ports[2]));
        start.Environment["Authentication__AdminKey"] = AdminKey;
        start.Environment["Authentication__InternalKey"] = "internal";
        for (var i = 0; i < hubs.Count; i++)
        {
            var name = i == 0 ? "service-hub" : $"service-hub-{i + 1}";
            start.Environment[$"services__{name}__http2__0"] = $"http://127.0.0.1:{hubs[i].Port}";
            start.Environment[$"ReverseProxy__Clusters__service-hub__Destinations__{name}__Address"] = $"http://_http2.{name}";
        }

        var output = new StringBuilder();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var gateway = new GatewayProcess(process, output, ports[0], ports[1], ports[2]);
        try
        {
            await Eventually.TrueAsync(async () => process.HasExited || await gateway.IsReadyAsync());
            Assert.False(process.HasExited, gateway.Output);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it has written.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Sends a request with a key.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Anonymous.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? key = null, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, key, headers);

    /// <summary>A client that speaks HTTP/2 over TLS, on one connection.</summary>
    public HttpClient CreateSecureClient()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{SecurePort}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>Asks it to stop, as a host does.</summary>
    public void Terminate() => Assert.Equal(0, Signal(_process.Id, Sigterm));

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in (HttpClient[])[Anonymous, Admin, Internal])
        {
            client.Dispose();
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await Anonymous.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static HttpClient Client(int port) => new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

    // All at once: one that is closed may be given again. Between closing and the gateway's start another process could take it, which tests would show.
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Append(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }
}
