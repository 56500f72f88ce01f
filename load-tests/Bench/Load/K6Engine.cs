using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Jint;
using Jint.Native;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Load;

/// <summary>Runs a k6 script as one virtual user of k6 would: k6's modules are replaced by small ones that send requests from this process. For one thread at a time.</summary>
internal sealed class K6Engine : IDisposable
{
    private const string HttpModule = """
        const request = (method, url, body, params) => {
          const given = params || {};
          const answer = JSON.parse(send(method, url, body || '', JSON.stringify(given.headers || {}), (given.tags && given.tags.class) || ''));
          return {
            status: answer.status,
            timings: { duration: answer.duration },
            json(path) { const value = JSON.parse(answer.body); return path ? value[path] : value; },
          };
        };
        export default {
          request,
          get: (url, params) => request('GET', url, null, params),
          post: (url, body, params) => request('POST', url, body, params),
        };
        """;

    private const string K6Module = """
        export const sleep = (seconds) => pause(seconds);
        export const check = (value, checks) => {
          for (const [name, test] of Object.entries(checks)) {
            checked(name, !!test(value));
          }
        };
        """;

    private static readonly string Scripts = Path.Combine(BenchmarkPaths.Repository, "load-tests");

    private readonly Engine _engine = new(options => options.EnableModules(Scripts));
    private readonly HttpClient? _client;
    private readonly JsValue _script;
    private readonly List<Sample> _samples = [];

    /// <summary>Loads <paramref name="script"/> with <paramref name="variables"/> as its environment.</summary>
    /// <param name="script">The name of the script, without <c>.js</c>.</param>
    /// <param name="variables">What the script reads from <c>__ENV</c>.</param>
    /// <param name="client">Sends the requests; null when the script is only read.</param>
    /// <param name="user">The number of the virtual user, from 1.</param>
    /// <param name="sleep">What <c>sleep</c> of k6 does; null: nothing.</param>
    /// <exception cref="Jint.Runtime.JavaScriptException">The script throws while it is loaded.</exception>
    public K6Engine(string script, IReadOnlyDictionary<string, string> variables, HttpClient? client = null, int user = 1, Action<TimeSpan>? sleep = null)
    {
        _client = client;
        _engine.SetValue("__ENV", variables.ToDictionary());
        _engine.SetValue("__VU", user);
        _engine.SetValue("__ITER", 0);
        _engine.SetValue("send", Send);
        _engine.SetValue("checked", (string name, bool passed) => Checks.Add((name, passed)));
        _engine.SetValue("pause", (double seconds) => sleep?.Invoke(TimeSpan.FromSeconds(seconds)));
        _engine.Modules.Add("k6/http", HttpModule);
        _engine.Modules.Add("k6", K6Module);
        _script = _engine.Modules.Import($"./{script}.js");
    }

    /// <summary>The scripts that there are.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Scripts, "*.js").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>The file of a script.</summary>
    public static string FileOf(string script) => Path.Combine(Scripts, $"{script}.js");

    /// <summary>What the script has checked.</summary>
    public List<(string Name, bool Passed)> Checks { get; } = [];

    /// <summary>Iterations that were run by <see cref="Iterate"/>.</summary>
    public int Iterations { get; private set; }

    /// <summary>The requests since the last call, which are forgotten then; from any thread.</summary>
    public IReadOnlyList<Sample> TakeSamples()
    {
        lock (_samples)
        {
            Sample[] taken = [.. _samples];
            _samples.Clear();
            return taken;
        }
    }

    /// <summary>Runs the default function once.</summary>
    /// <param name="data">What <c>setup</c> returned.</param>
    public void Iterate(JsValue data)
    {
        _engine.SetValue("__ITER", Iterations++);
        Call("default", data);
    }

    /// <summary>What the script exports, as JSON.</summary>
    public JsonElement Exported(string name) => JsonOf(_script.Get(name));

    /// <summary>Calls a function that it exports.</summary>
    public JsValue Call(string name, params JsValue[] arguments) => _script.Get(name).Call(JsValue.Undefined, arguments);

    /// <summary>A value from JSON.</summary>
    public JsValue Value(string json) => _engine.Evaluate($"({json})");

    /// <summary>Whether the script exports it.</summary>
    public bool Has(string name) => !_script.Get(name).IsUndefined();

    public JsonElement JsonOf(JsValue value) => JsonDocument.Parse(_engine.Evaluate("JSON.stringify").Call(JsValue.Undefined, [value]).AsString()).RootElement;

    public void Dispose() => _engine.Dispose();

    // k6 knows no promises: its requests are answered when the call returns. Without a response the status is 0.
    private string Send(string method, string url, string body, string headers, string of)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body.Length > 0)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(headers)!.Where(header => header.Key != "Content-Type"))
        {
            request.Headers.Add(name, value);
        }

        var started = Stopwatch.GetTimestamp();
        var (status, text) = (0, "");
        try
        {
            using var response = _client!.Send(request);
            using var reader = new StreamReader(response.Content.ReadAsStream());
            (status, text) = ((int)response.StatusCode, response.StatusCode == HttpStatusCode.NoContent ? "" : reader.ReadToEnd());
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
        {
            Console.Error.WriteLine($"{method} {url}: {failure.Message}");
        }

        var duration = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        lock (_samples)
        {
            _samples.Add(new Sample(of, duration, Failed: status is < 200 or >= 400));
        }

        return JsonSerializer.Serialize(new { status, body = text, duration });
    }
}

/// <summary>A request of a load test.</summary>
/// <param name="Class">The tag <c>class</c>: health, list, detail or write; empty without one.</param>
/// <param name="Milliseconds">How long the response took.</param>
/// <param name="Failed">Whether there was no response, or one below 200 or from 400 on.</param>
internal readonly record struct Sample(string Class, double Milliseconds, bool Failed);
