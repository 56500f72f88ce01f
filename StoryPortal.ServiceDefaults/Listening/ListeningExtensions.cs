using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceDefaults.Listening;

internal static class ListeningExtensions
{
    /// <summary>Opens the ports of <see cref="ListenOptions"/>.</summary>
    public static void ConfigureListening(this WebApplicationBuilder builder)
    {
        var listen = builder.Configuration.ReadOptions<ListenOptions>(ListenOptions.Section);

        builder.Services.AddSingleton(listen);
        if (listen.Any)
        {
            // The host may have set ASPNETCORE_URLS from the same endpoints: Kestrel would warn that it does not use them.
            builder.WebHost.UseUrls();
        }

        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false); // 4 KiB for each idle connection, and a system call less for each request
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var open = Opener(kestrel, listen.Loopback ?? builder.Environment.IsDevelopment());
            open(listen.Http, HttpProtocols.Http1, false);
            open(listen.Http2, HttpProtocols.Http2, false);
            open(listen.Internal, HttpProtocols.Http1, false);
            open(listen.Https, HttpProtocols.Http1AndHttp2, true);
        });
    }

    private static ConnectionDelegate KeepLatestCredential(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new ApiKeyCredential.Latest());
        return next(connection);
    };

    private static Action<int?, HttpProtocols, bool> Opener(KestrelServerOptions kestrel, bool loopbackOnly) => (port, protocols, tls) =>
    {
        void Configure(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions endpoint)
        {
            endpoint.Protocols = protocols;
            endpoint.Use(KeepLatestCredential);
            if (tls)
            {
                endpoint.UseHttps(ServerCertificate.For(kestrel.ApplicationServices.GetRequiredService<IConfiguration>()));
            }
        }

        if (port is { } number && loopbackOnly)
        {
            kestrel.ListenLocalhost(number, Configure);
        }
        else if (port is { } any)
        {
            kestrel.ListenAnyIP(any, Configure);
        }
    };
}
