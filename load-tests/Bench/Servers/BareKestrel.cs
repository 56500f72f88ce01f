using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace StoryPortal.Bench.Servers;

/// <summary>Kestrel with one delegate that writes the same bytes for every request: the upper limit of ASP.NET Core.</summary>
internal static class BareKestrel
{
    /// <summary>Starts it as a process of its own.</summary>
    public static (ChildProgram Program, Uri Http) Start(byte[] body)
    {
        var file = Path.Combine(BenchmarkPaths.Files, "body.json");
        File.WriteAllBytes(file, body);
        var port = BenchmarkPaths.FreePort();
        return (ChildProgram.StartSelf("kestrel", "serve-bytes", $"{port}", file), new Uri($"http://127.0.0.1:{port}"));
    }

    /// <summary>Runs the server in this process.</summary>
    public static async Task<int> ServeAsync(string port, string file)
    {
        var body = await File.ReadAllBytesAsync(file);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(int.Parse(port, CultureInfo.InvariantCulture)));
        await using var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body).AsTask();
        });
        await app.RunAsync();
        return 0;
    }
}
