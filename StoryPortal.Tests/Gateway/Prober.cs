using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A caller with modest wishes: ten requests a second, on a connection of its own. Each must be answered, whatever others do.</summary>
internal sealed class Prober : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly Uri Probe = new("/v1/probe", UriKind.Relative);

    private readonly HttpClient _client;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly Task _asking;

    private Prober(GatewayProcess gateway)
    {
        _client = new HttpClient { BaseAddress = gateway.Anonymous.BaseAddress };
        _client.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
        _asking = Task.Run(AskAsync);
    }

    public static Prober Start(GatewayProcess gateway) => new(gateway);

    /// <summary>How many were answered.</summary>
    public int Answered => _milliseconds.Count;

    /// <summary>Milliseconds that 95 of 100 answers did not exceed.</summary>
    public double Percentile95 => _milliseconds.Order().ElementAt((int)Math.Ceiling(0.95 * _milliseconds.Count) - 1);

    /// <summary>Whether one was not answered, or not as it should be: then there are no more.</summary>
    public bool Failed => _asking.IsFaulted;

    /// <summary>Waits for as many answers more.</summary>
    public async Task AnsweredAsync(int more)
    {
        var enough = Answered + more;
        await Eventually.TrueAsync(() => Task.FromResult(Answered >= enough || Failed));
        if (Failed)
        {
            await _asking;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await _asking; // a request that failed fails the test
        }
        finally
        {
            _client.Dispose();
            _end.Dispose();
        }
    }

    private async Task AskAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        while (!_end.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            using var response = await _client.GetAsync(Probe);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode} after {_milliseconds.Count} answers: {await response.Content.ReadAsStringAsync()}");
            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            try
            {
                await timer.WaitForNextTickAsync(_end.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
    }
}
