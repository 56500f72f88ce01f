using System.Diagnostics;
using System.Globalization;

namespace StoryPortal.Bench.Servers;

/// <summary>This machine's nginx in front of the same hub.</summary>
internal static class Nginx
{
    /// <summary>Starts nginx with nginx.conf, in a folder that its worker processes may read.</summary>
    public static (ChildProgram Program, Uri Http, Uri Https) Start(Uri hub, LoopbackCertificate certificate)
    {
        var folder = Path.Combine(Path.GetTempPath(), "story-portal-bench-nginx");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        var (http, https) = (BenchmarkPaths.FreePort(), BenchmarkPaths.FreePort());
        var values = new Dictionary<string, string>
        {
            ["{folder}"] = folder,
            ["{hub}"] = hub.Port.ToString(CultureInfo.InvariantCulture),
            ["{http}"] = http.ToString(CultureInfo.InvariantCulture),
            ["{https}"] = https.ToString(CultureInfo.InvariantCulture),
            ["{certificate}"] = certificate.CertificatePem,
            ["{key}"] = certificate.KeyPem,
        };
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Servers", "nginx.conf"));
        var configuration = Path.Combine(folder, "nginx.conf");
        var filledIn = values.Aggregate(text, (all, value) => all.Replace(value.Key, value.Value, StringComparison.Ordinal));
        File.WriteAllText(configuration, filledIn);

        // On Debian nginx is not in the PATH of users.
        var program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
        return (ChildProgram.Start("nginx", new ProcessStartInfo(program, ["-p", folder, "-c", configuration, "-g", "daemon off;"])),
            new Uri($"http://127.0.0.1:{http}"), new Uri($"https://127.0.0.1:{https}"));
    }
}
