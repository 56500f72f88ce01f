using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Bench.Load;

/// <summary>A virtual user: sends its requests one after the other, and notes what came of them.</summary>
internal sealed class LoadUser(LoadTarget target, IReadOnlyList<Guid> agents, int number)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly Lock _gate = new();
    private List<Sample> _samples = [];

    /// <summary>The agents that all users work with, the busiest first.</summary>
    public IReadOnlyList<Guid> Agents => agents;

    /// <summary>Its number, from 0.</summary>
    public int Number => number;

    /// <summary>Turns that it has taken.</summary>
    public int Turns { get; set; }

    /// <summary>What became of its requests.</summary>
    public IReadOnlyList<Sample> Samples => _samples;

    /// <summary>What became of them since it was last asked, which is forgotten then.</summary>
    public IReadOnlyList<Sample> Take()
    {
        lock (_gate)
        {
            var taken = _samples;
            _samples = [];
            return taken;
        }
    }

    /// <summary>Asks the gateway.</summary>
    public Task GetAsync(string path, RequestClass of, CancellationToken cancellationToken) => GetAsync(path, of, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Asks the gateway, and expects an answer within <paramref name="within"/>.</summary>
    public Task GetAsync(string path, RequestClass of, TimeSpan within, CancellationToken cancellationToken) =>
        SendAsync(target.Gateway, HttpMethod.Get, path, of, new Expected(HttpStatusCode.OK, within), cancellationToken);

    /// <summary>Asks the hub itself for a list that cannot be empty.</summary>
    public Task GetListFromHubAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(target.Hub, HttpMethod.Get, path, RequestClass.List, new Expected(HttpStatusCode.OK, IsFilledList: true), cancellationToken);

    /// <summary>Writes through the gateway.</summary>
    public Task PostAsync(string path, string body, CancellationToken cancellationToken) =>
        SendAsync(target.Gateway, HttpMethod.Post, path, RequestClass.Write, new Expected(HttpStatusCode.Created), cancellationToken, body);

    private async Task SendAsync(
        HttpClient client, HttpMethod method, string path, RequestClass of, Expected expected, CancellationToken cancellationToken, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Json) };
        var started = Stopwatch.GetTimestamp();
        var (failed, asExpected) = (true, false);
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            failed = (int)response.StatusCode is < 200 or >= 400;
            asExpected = response.StatusCode == expected.Status && (!expected.IsFilledList || IsFilled(await response.Content.ReadAsByteArrayAsync(cancellationToken)));
        }
        catch (HttpRequestException)
        {
            // It counts as failed.
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It took longer than the client waits: failed as well.
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        var inTime = expected.Within is not { Ticks: > 0 } within || elapsed < within;
        lock (_gate)
        {
            _samples.Add(new Sample(of, elapsed.TotalMilliseconds, failed, asExpected && inTime));
        }
    }

    private static bool IsFilled(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0;
    }
}

/// <summary>What a user expects of an answer.</summary>
internal sealed record Expected(HttpStatusCode Status, TimeSpan? Within = null, bool IsFilledList = false);

/// <summary>What became of a request.</summary>
/// <param name="Class">What it asked for.</param>
/// <param name="Milliseconds">How long the answer took.</param>
/// <param name="Failed">Whether there was none, or an error.</param>
/// <param name="Passed">Whether the answer was the expected one.</param>
internal readonly record struct Sample(RequestClass Class, double Milliseconds, bool Failed, bool Passed);
