using System.Globalization;
using System.Net;
using StoryPortal.AppHost.Hubs;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A gateway of a test's own, with its settings, in front of hubs that the test controls. It runs as a process, as it does for users.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    public const string AdminKey = "the-admin-key-of-this-gateway";
    public const string InternalKey = "the-internal-key-of-this-gateway";

    private readonly ProductProcess _process;
    private readonly ResponseContract? _contract;

    private GatewayProcess(ProductProcess process, ResponseContract? contract, int port, int securePort, int internalPort)
    {
        (_process, _contract, Port, SecurePort) = (process, contract, port, securePort);
        Anonymous = Client(port, contract);
        Admin = Client(port, contract);
        Admin.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        Internal = Client(internalPort, contract);
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
    public long Memory => _process.Memory;

    /// <summary>What it has written.</summary>
    public string Output => _process.Output;

    public static Task<GatewayProcess> StartAsync(IReadOnlyList<FakeHub> hubs, params string[] settings) => StartAsync([.. hubs.Select(hub => hub.Port)], settings);

    /// <summary>Starts one in front of whatever speaks HTTP/2 on these ports.</summary>
    public static Task<GatewayProcess> StartAsync(IReadOnlyList<int> hubPorts, params string[] settings) => StartAsync(hubPorts, contract: null, settings);

    /// <summary>Starts one in front of hubs of the product, whose responses are checked against <paramref name="contract"/>.</summary>
    public static async Task<GatewayProcess> StartAsync(IReadOnlyList<int> hubPorts, ResponseContract? contract, params string[] settings)
    {
        var ports = ReservedPorts.Take(3);
        var environment = new Dictionary<string, string>
        {
            ["Listen__Https"] = ports[1].ToString(CultureInfo.InvariantCulture),
            ["Listen__Internal"] = ports[2].ToString(CultureInfo.InvariantCulture),
            ["Authentication__AdminKey"] = AdminKey,
            ["Authentication__InternalKey"] = InternalKey,
        };
        for (var i = 0; i < hubPorts.Count; i++)
        {
            var name = i == 0 ? "service-hub" : $"service-hub-{i + 1}";
            environment[$"services__{name}__http2__0"] = $"http://127.0.0.1:{hubPorts[i]}";
            foreach (var cluster in HubExtensions.Clusters)
            {
                environment[$"ReverseProxy__Clusters__{cluster}__Destinations__{name}__Address"] = $"http://_http2.{name}";
            }
        }

        return new GatewayProcess(await ProductProcess.StartAsync("StoryPortal.Gateway", ports[0], environment, settings), contract, ports[0], ports[1], ports[2]);
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
        return new HttpClient(new ResponseContractHandler(() => _contract) { InnerHandler = handler })
        {
            BaseAddress = new Uri($"https://localhost:{SecurePort}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>What its metrics say of <paramref name="name"/>, over all labels.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var metrics = await Internal.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return metrics.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Replace(name, "", StringComparison.Ordinal).Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Asks it to stop, as a host does.</summary>
    public Task TerminateAsync() => _process.TerminateAsync();

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in (HttpClient[])[Anonymous, Admin, Internal])
        {
            client.Dispose();
        }

        await _process.DisposeAsync();
    }

    /// <summary>A client of a process on this machine, whose responses are checked against <paramref name="contract"/> when there is one.</summary>
    public static HttpClient Client(int port, ResponseContract? contract) =>
        new(new ResponseContractHandler(() => contract) { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false } }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
}
