using System.Runtime.CompilerServices;

namespace StoryPortal.Tests.Running;

/// <summary>Waits for a condition, and fails at a deadline that only a failure reaches, also on a busy machine.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits for <paramref name="condition"/>.</summary>
    /// <param name="condition">What will become true.</param>
    /// <param name="seen">What was seen at last, for the message of the failure.</param>
    /// <param name="timeout">The deadline, where a promise of the product has one; null for three minutes.</param>
    /// <param name="text">The condition as it is written, for the message of the failure.</param>
    public static async Task TrueAsync(
        Func<Task<bool>> condition, Func<string>? seen = null, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        using var deadline = new CancellationTokenSource(timeout ?? Timeout);
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (!await condition())
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            Assert.Fail($"Not true within {(timeout ?? Timeout).TotalSeconds} s: {text}{(seen is null ? "" : $"\nSeen last: {seen()}")}");
        }
    }
}
