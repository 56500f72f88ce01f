using System.Diagnostics;
using System.Net;

namespace StoryPortal.Tests.Running;

/// <summary>nginx in front of a local port, with its defaults: buffered responses, HTTP/1.0 to the upstream.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private NginxProcess(TemporaryFolder folder, Process process, int port) => (_folder, _process, Address) = (folder, process, new Uri($"http://127.0.0.1:{port}"));

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public static async Task<NginxProcess> StartAsync(int upstream)
    {
        var port = ReservedPorts.Take(1)[0];
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.FullPath);
        var configuration = Path.Combine(folder.FullPath, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr;
            events { }
            http {
              access_log off;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
              server {
                listen 127.0.0.1:{{port}};
                location / { proxy_pass http://127.0.0.1:{{upstream}}; }
              }
            }
            """);

        // Debian keeps it where only root's PATH leads.
        var program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
        var nginx = new NginxProcess(folder, Process.Start(new ProcessStartInfo(program, ["-p", folder.FullPath, "-c", configuration]))!, port);
        try
        {
            await nginx.WaitAsync();
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task WaitAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        await Eventually.TrueAsync(async () =>
        {
            Assert.False(_process.HasExited, "nginx has ended");
            try
            {
                using var response = await client.GetAsync(new Uri("/health", UriKind.Relative));
                return response.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }
}
