using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace StoryPortal.Bench.Servers;

/// <summary>YARP with one route and no other middleware, over HTTP/2 in clear text to the hub, as in the gateway.</summary>
internal static class BareYarp
{
    /// <summary>Starts it as a process of its own.</summary>
    public static (ChildProgram Program, Uri Http, Uri Https) Start(Uri hub, LoopbackCertificate certificate)
    {
        var (http, https) = (BenchmarkPaths.FreePort(), BenchmarkPaths.FreePort());
        return (ChildProgram.StartSelf("yarp", "serve-proxy", $"{http}", $"{https}", certificate.Pfx, hub.AbsoluteUri),
            new Uri($"http://127.0.0.1:{http}"), new Uri($"https://127.0.0.1:{https}"));
    }

    /// <summary>Runs the server in this process.</summary>
    public static async Task<int> ServeAsync(string http, string https, string certificate, string hub)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(Port(http));
            var loopback = X509CertificateLoader.LoadPkcs12FromFile(certificate, password: null);
            kestrel.ListenLocalhost(Port(https), listen => listen.UseHttps(loopback));
        });
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "hub", Match = new RouteMatch { Path = "/{**path}" } }],
            [new ClusterConfig
            {
                ClusterId = "hub",
                Destinations = new Dictionary<string, DestinationConfig> { ["hub"] = new() { Address = hub } },
                HttpRequest = new ForwarderRequestConfig
                {
                    Version = HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                },
            }]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
        return 0;
    }

    private static int Port(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
