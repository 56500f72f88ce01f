using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace StoryPortal.Tests.Running;

/// <summary>One of the product's processes, which a test starts with settings of its own and outside Development, as operators do.</summary>
internal sealed class ProductProcess : IAsyncDisposable
{
    /// <summary>
    /// For processes most of which live for seconds: what runs often is compiled once more only after five seconds (1388, in hex) without anything new,
    /// and the scorecard has no warm-up.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> ShortLife = new Dictionary<string, string>
    {
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_TC_CallCountingDelayMs"] = "1388",
        ["Performance__WarmUp"] = "00:00:00",
    };

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private bool _mayEnd;

    private ProductProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>Bytes of memory that it holds.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
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

    /// <summary>Starts one, and waits until it says at <paramref name="port"/> that it is ready.</summary>
    /// <param name="project">The project's name.</param>
    /// <param name="port">Its HTTP/1.1 port.</param>
    /// <param name="environment">Its settings, as variables.</param>
    /// <param name="settings">More of them, written as <c>--Section:Name=value</c>. Variables too: everybody can read a command line.</param>
    public static async Task<ProductProcess> StartAsync(string project, int port, IReadOnlyDictionary<string, string> environment, params string[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{project}.dll")])
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
        start.Environment["Listen__Http"] = port.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in ShortLife.Concat(environment))
        {
            start.Environment[name] = value;
        }

        foreach (var setting in settings)
        {
            var at = setting.IndexOf('=', StringComparison.Ordinal);
            start.Environment[setting[2..at].Replace(":", "__", StringComparison.Ordinal)] = setting[(at + 1)..];
        }

        var started = new ProductProcess(new Process { StartInfo = start });
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await Eventually.TrueAsync(async () => started._process.HasExited || await IsReadyAsync(client));
            started._mayEnd = started._process.HasExited; // which is told here
            if (started._mayEnd)
            {
                await started._process.WaitForExitAsync(); // until all that it said has been read
            }

            Assert.False(started._mayEnd, started.Output);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks it to stop, as a host does.</summary>
    public Task TerminateAsync()
    {
        _mayEnd = true;
        return Signals.SendAsync("TERM", Id);
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        var hasEnded = _process.HasExited;
        if (!hasEnded)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Assert.True(_mayEnd || !hasEnded, $"It has ended by itself:\n{Output}");
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
