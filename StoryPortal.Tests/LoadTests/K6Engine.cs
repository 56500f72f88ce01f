using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Jint;
using Jint.Native;

namespace StoryPortal.Tests.LoadTests;

/// <summary>Runs a k6 script as k6 would, one turn of one user at a time: k6's modules are stood in for, and requests go to the system.</summary>
internal sealed class K6Engine : IDisposable
{
    private const string HttpModule = """
        const request = (method, url, body, params) => {
          const answer = JSON.parse(send(method, url, body || '', JSON.stringify((params && params.headers) || {})));
          return {
            status: answer.status,
            timings: { duration: 1 },
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
        export const sleep = () => {};
        export const check = (value, checks) => {
          for (const [name, test] of Object.entries(checks)) {
            checked(name, !!test(value));
          }
        };
        """;

    private static readonly string Scripts = Path.Combine(AppContext.BaseDirectory, "k6");

    private readonly Engine _engine = new(options => options.EnableModules(Scripts));
    private readonly JsValue _script;

    /// <summary>Loads <paramref name="script"/> with <paramref name="variables"/> as its environment.</summary>
    public K6Engine(string script, Dictionary<string, string> variables, HttpClient? client = null)
    {
        _engine.SetValue("__ENV", variables);
        _engine.SetValue("__VU", 1);
        _engine.SetValue("__ITER", 0);
        _engine.SetValue("send", (string method, string url, string body, string headers) => Send(client!, method, url, body, headers));
        _engine.SetValue("checked", (string name, bool passed) => Checks.Add((name, passed)));
        _engine.Modules.Add("k6/http", HttpModule);
        _engine.Modules.Add("k6", K6Module);
        _script = _engine.Modules.Import($"./{script}.js");
    }

    /// <summary>The scripts that there are.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Scripts, "*.js").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>What the script has checked.</summary>
    public List<(string Name, bool Passed)> Checks { get; } = [];

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

    // k6 knows no promises: its requests are answered when the call returns.
    private static string Send(HttpClient client, string method, string url, string body, string headers)
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

        using var response = client.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        return JsonSerializer.Serialize(new { status = (int)response.StatusCode, body = response.StatusCode == HttpStatusCode.NoContent ? "" : reader.ReadToEnd() });
    }
}
