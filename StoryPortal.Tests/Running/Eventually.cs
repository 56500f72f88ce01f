namespace StoryPortal.Tests.Running;

/// <summary>Waits for what will become true, and gives up at a deadline that only a failure reaches.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits for <paramref name="condition"/>.</summary>
    /// <param name="condition">What will become true.</param>
    /// <param name="seen">What was seen at last, for whoever reads of the failure.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string>? seen = null)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (!await condition())
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException) when (seen is not null && deadline.IsCancellationRequested)
        {
            Assert.Fail($"It has not become true: {seen()}");
        }
    }
}
