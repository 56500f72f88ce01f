namespace StoryPortal.Tests.Running;

/// <summary>Fixtures that leave nothing behind.</summary>
internal static class Fixtures
{
    /// <summary>Ends what a fixture has started when the rest of its start fails: xunit does not dispose of a test class that it could not initialize.</summary>
    public static async Task OrDisposeAsync(this Task initialization, IAsyncLifetime fixture)
    {
        try
        {
            await initialization;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    /// <summary>Disposes of those that there are.</summary>
    public static async Task DisposeAllAsync(params IEnumerable<IAsyncDisposable?> started)
    {
        foreach (var something in started)
        {
            if (something is not null)
            {
                await something.DisposeAsync();
            }
        }
    }
}
