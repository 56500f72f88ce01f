using System.Diagnostics;
using Jint.Native;
using StoryPortal.Bench.Load;

namespace StoryPortal.Bench.Soak;

/// <summary>The iterations of the k6 script <c>soak</c> without their pauses: as fast as they are answered, or at a rate.</summary>
internal sealed class SoakLoad : IAsyncDisposable
{
    private const string Script = "soak";
    private const int Callers = 16;

    // Of one iteration: traffic.js, which a test counts.
    internal const int RequestsOfIteration = 10;

    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _client = new();
    private readonly K6Engine _first;
    private readonly string _data;
    private readonly (K6Engine User, JsValue Data)[] _users;
    private Task _running = Task.CompletedTask;

    private SoakLoad(Dictionary<string, string> variables)
    {
        _first = new K6Engine(Script, variables, _client);
        _data = _first.JsonOf(_first.Call("setup")).GetRawText();
        _users = [.. Enumerable.Range(1, Callers).Select(number => new K6Engine(Script, variables, _client, number)).Select(user => (user, user.Value(_data)))];
    }

    public static Task<SoakLoad> CreateAsync(BenchmarkEnvironment environment, CancellationToken cancellationToken) =>
        Task.Run(() => new SoakLoad(LoadCommand.AddressesOf(environment)), cancellationToken);

    /// <summary>Each user iterates as soon as it is answered; returns the requests a second.</summary>
    public async Task<double> ClosedAsync(TimeSpan duration, CancellationToken stopped)
    {
        Take();
        var elapsed = Stopwatch.StartNew();
        await Task.WhenAll(_users.Select(user => OnThread(() =>
        {
            while (elapsed.Elapsed < duration && !stopped.IsCancellationRequested)
            {
                user.User.Iterate(user.Data);
            }
        })));
        stopped.ThrowIfCancellationRequested();
        return Take().Count / elapsed.Elapsed.TotalSeconds;
    }

    /// <summary>Begins to iterate at a steady rate, until it is disposed of. A user that is late catches up.</summary>
    public void Begin(double requestsPerSecond, CancellationToken stopped)
    {
        var interval = TimeSpan.FromSeconds(Callers * RequestsOfIteration / requestsPerSecond);
        var ends = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, stopped);
        _running = Task.WhenAll(_users.Select((user, number) => OnThread(() => Iterate(user.User, user.Data, interval * (number / (double)Callers), interval, ends.Token))))
            .ContinueWith(_ => ends.Dispose(), TaskScheduler.Default);
    }

    /// <summary>The requests since the last call.</summary>
    public List<Sample> Take() => [.. _users.SelectMany(user => user.User.TakeSamples())];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _first.Call("teardown", _first.Value(_data));
        _first.Dispose();
        Array.ForEach(_users, user => user.User.Dispose());
        _client.Dispose();
        _end.Dispose();
    }

    // A request of k6 blocks its thread.
    private static Task OnThread(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Iterate(K6Engine user, JsValue data, TimeSpan due, TimeSpan interval, CancellationToken ends)
    {
        var elapsed = Stopwatch.StartNew();
        while (!ends.IsCancellationRequested)
        {
            if (due - elapsed.Elapsed is { Ticks: > 0 } wait)
            {
                ends.WaitHandle.WaitOne(wait);
            }

            if (!ends.IsCancellationRequested)
            {
                user.Iterate(data); // an iteration that has begun ends
            }

            due += interval;
        }
    }
}
