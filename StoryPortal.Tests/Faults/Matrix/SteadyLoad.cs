using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>A request of the load.</summary>
internal readonly record struct Asked(LoadClass Class, string Path, long At, long Answered, bool Failed, string? Failure);

/// <summary>Callers of every class, each with pauses, who look closely at what they are answered.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int Registers = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(150);
    private static readonly HttpStatusCode[] Refusals = [HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout];

    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _client;
    private readonly EventLedger _ledger;
    private readonly Register[] _registers;
    private readonly Guid _kept;
    private readonly ConcurrentQueue<Finding> _findings = [];
    private Task _callers = Task.CompletedTask;

    private SteadyLoad(HttpClient client, string type, Guid kept, Register[] registers) =>
        (_client, _ledger, _kept, _registers) = (client, new EventLedger(type), kept, registers);

    /// <summary>What is only read: the one path that nobody else asks for.</summary>
    public string KeptPath => $"/v1/agents/{_kept}";

    /// <summary>Every request that is answered, or not.</summary>
    public ConcurrentQueue<Asked> Requests { get; } = [];

    /// <summary>Starts it, and returns when every class flows.</summary>
    public static async Task<SteadyLoad> StartAsync(HttpClient client, string type)
    {
        var registers = await Task.WhenAll(Enumerable.Range(0, Registers).Select(async _ => new Register(await CreateAsync())));
        var load = new SteadyLoad(client, type, await CreateAsync(), registers);
        load._callers = Task.WhenAll(load.Callers().Select(caller => Task.Run(() => load.RepeatAsync(caller.Ask, caller.Pause))));
        await load.FlowsAsync();
        return load;

        async Task<Guid> CreateAsync()
        {
            using var created = await client.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"type": "{{type}}", {{Register.Body(0)[1..]}}"""));
            return (await created.JsonAsync(HttpStatusCode.Created)).Id();
        }
    }

    /// <summary>Waits until the latest requests of every class were answered, as they were asked for from now on.</summary>
    public Task FlowsAsync()
    {
        const int Enough = 8;
        var now = Stopwatch.GetTimestamp();
        return Eventually.TrueAsync(() => Task.FromResult(Enum.GetValues<LoadClass>().All(of =>
            Requests.Where(request => request.Class == of && request.At > now).TakeLast(Enough).ToList() is { Count: Enough } latest && latest.TrueForAll(request => !request.Failed))));
    }

    /// <summary>Ends it, and tells what should never have happened.</summary>
    public async Task<List<Finding>> StopAsync(Npgsql.NpgsqlDataSource database)
    {
        await DisposeAsync();
        return [.. _findings, .. await _ledger.CompareAsync(database)];
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _callers;
    }

    private IEnumerable<(Func<Task> Ask, TimeSpan Pause)> Callers() =>
    [
        (() => GetAsync(LoadClass.Health, "/health/live"), LongPause),
        .. Enumerable.Repeat<(Func<Task>, TimeSpan)>((() => GetAsync(LoadClass.Kept, KeptPath), Pause), 2),
        (() => GetAsync(LoadClass.Kept, "/v1/models"), Pause),
        (() => GetAsync(LoadClass.Read, "/v1/services"), Pause),
        .. _registers.SelectMany(register => Enumerable.Repeat((Func<Task>)(() => ReadAsync(register)), 2)).Select(ask => (ask, Pause)),
        (ReadBatchAsync, LongPause),
        .. _registers.Select(register => ((Func<Task>)(() => ChangeAsync(register)), LongPause)),
        .. Enumerable.Repeat((Func<Task>)PostAsync, 3).Select(ask => (ask, Pause)),
        (PostBatchAsync, LongPause),
    ];

    private async Task RepeatAsync(Func<Task> ask, TimeSpan pause)
    {
        while (!_end.IsCancellationRequested)
        {
            await ask();
            await Task.Delay(pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task<bool> GetAsync(LoadClass of, string path) => SendAsync(of, HttpMethod.Get, path, null, (_, _, _) => null);

    private Task<bool> ReadAsync(Register register) => SendAsync(LoadClass.Read, HttpMethod.Get, $"/v1/agents/{register.Id}", null, register.Judge);

    private Task ReadBatchAsync() => _ledger.LatestBatch is not { } type ? Task.CompletedTask : SendAsync(LoadClass.Read, HttpMethod.Get, $"/v1/events?type={type}&limit=1000", null,
        (list, _, _) => list.GetArrayLength() is 0 or EventLedger.BatchRows ? null : new Finding(FindingKind.Torn, $"{list.GetArrayLength()} rows of batch {type} were read."));

    private async Task ChangeAsync(Register register)
    {
        var (number, json) = register.Next();
        if (await SendAsync(LoadClass.Write, HttpMethod.Patch, $"/v1/agents/{register.Id}", Answers.Json(json), (_, _, _) => null))
        {
            register.Acknowledge(number);
        }
    }

    private async Task PostAsync()
    {
        var (key, json) = _ledger.NextSingle();
        if (await SendAsync(LoadClass.Write, HttpMethod.Post, "/v1/events", Answers.Json(json), (_, _, _) => null))
        {
            _ledger.AcknowledgeSingle(key);
        }
    }

    private async Task PostBatchAsync()
    {
        var (type, lines) = _ledger.NextBatch();
        if (await SendAsync(LoadClass.Batch, HttpMethod.Post, "/v1/events/batch", Answers.Ndjson(lines), (_, _, _) => null))
        {
            _ledger.AcknowledgeBatch(type);
        }
    }

    // True when it was answered with a success. Whatever else comes is a failure, and a refusal has to explain itself.
    private async Task<bool> SendAsync(LoadClass of, HttpMethod method, string path, HttpContent? body, Func<JsonElement, bool, long, Finding?> judge)
    {
        var asked = Stopwatch.GetTimestamp();
        string? failure = null;
        try
        {
            using var request = new HttpRequestMessage(method, Relative(path)) { Content = body };
            using var response = await _client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
            {
                failure = $"{(int)response.StatusCode} {DetailOf(text)}";
                Explained(response, $"{method} {path}: {failure}");
            }
            else if (judge(JsonElement.Parse(text), response.Headers.TryGetValues("X-Cache", out var cache) && cache.Single() == "STALE", asked) is { } finding)
            {
                _findings.Enqueue(finding);
            }
        }
        catch (JsonException)
        {
            _findings.Enqueue(new Finding(FindingKind.Torn, $"{method} {path}: half an answer."));
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            failure = exception.InnerException?.Message ?? exception.Message;
        }

        Requests.Enqueue(new Asked(of, path, asked, Stopwatch.GetTimestamp(), failure is not null, failure is null ? null : $"{method} {path}: {failure}"));
        return failure is null;
    }

    private static string DetailOf(string text) => text.StartsWith('{') && JsonElement.Parse(text).TryGetProperty("detail", out var detail) ? detail.GetString()! : text;

    private void Explained(HttpResponseMessage response, string what)
    {
        if (!Refusals.Contains(response.StatusCode) || response.Content.Headers.ContentType is not MediaTypeHeaderValue { MediaType: "application/problem+json" } || response.Headers.RetryAfter is null)
        {
            _findings.Enqueue(new Finding(FindingKind.Unexplained, what));
        }
    }

    private static Uri Relative(string path) => new(path, UriKind.Relative);
}
