using System.Diagnostics;
using StoryPortal.Bench.Load;

namespace StoryPortal.Bench.Soak;

/// <summary>The mixed load of the load tests, as fast as it is answered or at a rate of its own.</summary>
internal sealed class SoakLoad : IAsyncDisposable
{
    private const int Callers = 16;

    private readonly CancellationTokenSource _end = new();
    private readonly LoadTarget _target;
    private readonly IReadOnlyList<Guid> _agents;
    private readonly LoadUser[] _users;
    private Task _running = Task.CompletedTask;

    private SoakLoad(LoadTarget target, IReadOnlyList<Guid> agents) =>
        (_target, _agents, _users) = (target, agents, [.. Enumerable.Range(0, Callers).Select(number => new LoadUser(target, agents, number))]);

    public static async Task<SoakLoad> CreateAsync(Stage stage, CancellationToken cancellationToken)
    {
        var target = new LoadTarget(stage.Gateway, stage.Hub);
        return new SoakLoad(target, await target.CreateAgentsAsync(cancellationToken));
    }

    /// <summary>Each caller asks as soon as it is answered; returns the requests a second.</summary>
    public async Task<double> ClosedAsync(TimeSpan duration, CancellationToken stopped)
    {
        Take();
        var elapsed = Stopwatch.StartNew();
        await Task.WhenAll(_users.Select(user => Task.Run(async () =>
        {
            while (elapsed.Elapsed < duration)
            {
                await Turns.MixedRequestsAsync(user, stopped);
            }
        }, stopped)));
        return Take().Count / elapsed.Elapsed.TotalSeconds;
    }

    /// <summary>Begins to ask at a steady rate, until it is disposed of. Who is late makes up for it.</summary>
    public void Begin(double requestsPerSecond, CancellationToken stopped)
    {
        var turn = TimeSpan.FromSeconds(Callers * Turns.RequestsOfMixed / requestsPerSecond);
        var ends = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, stopped);
        _running = Task.WhenAll(_users.Select(user => Task.Run(() => AskAsync(user, turn, ends.Token), CancellationToken.None)))
            .ContinueWith(_ => ends.Dispose(), TaskScheduler.Default);
    }

    /// <summary>What became of the requests since it was last asked.</summary>
    public List<Sample> Take() => [.. _users.SelectMany(user => user.Take())];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        await _target.RemoveAgentsAsync(_agents);
        _end.Dispose();
    }

    private static async Task AskAsync(LoadUser user, TimeSpan turn, CancellationToken ends)
    {
        var elapsed = Stopwatch.StartNew();
        var due = turn * (user.Number / (double)Callers);
        while (!ends.IsCancellationRequested)
        {
            if (due - elapsed.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!ends.IsCancellationRequested)
            {
                await Turns.MixedRequestsAsync(user, CancellationToken.None); // a turn that was begun ends
            }

            due += turn;
        }
    }
}
