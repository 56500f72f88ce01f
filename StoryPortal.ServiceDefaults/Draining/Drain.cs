using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceDefaults.Draining;

/// <summary>
/// The end of a process in its order: not ready any more, but serving everybody who comes all the same; then what stays open ends, by
/// <see cref="StreamsEnd"/>; then the ports close, requests under way are finished, and what they left behind is written.
/// </summary>
public sealed class Drain : IHostedLifecycleService, IDisposable
{
    // Of the process, all together. What is left to write has a time of its own afterwards: after ten seconds most platforms kill.
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan ByDefault = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _streams = new();
    private readonly TimeSpan _handOver;
    private readonly TimeProvider _time;
    private volatile bool _hasBegun;

    /// <summary>One that begins when <paramref name="lifetime"/> ends.</summary>
    public Drain(IHostApplicationLifetime lifetime, IHostEnvironment environment, IOptions<DrainOptions> options, TimeProvider time)
    {
        _handOver = options.Value.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : environment.IsDevelopment() ? TimeSpan.Zero : ByDefault;
        _time = time;
        lifetime.ApplicationStopping.Register(() => _hasBegun = true);
    }

    /// <summary>Whether the process was told to stop.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>Cancelled when streams and watches have to end: others are chosen by now, so that who comes again comes elsewhere.</summary>
    public CancellationToken StreamsEnd => _streams.Token;

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_handOver, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _streams.CancelAsync();
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _streams.Dispose();
}
