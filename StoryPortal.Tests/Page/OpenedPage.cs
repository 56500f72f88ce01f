using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace StoryPortal.Tests.Page;

/// <summary>The page in a browser, and what it did there.</summary>
internal sealed class OpenedPage : IAsyncDisposable
{
    /// <summary>Longer than anything takes that does not fail.</summary>
    public const float Patience = 60_000;

    private readonly IBrowserContext _context;

    public OpenedPage(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page) = (context, page);
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Errors.Enqueue($"{message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => Errors.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (!new Uri(request.Url).GetLeftPart(UriPartial.Authority).Equals(address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal))
            {
                Elsewhere.Enqueue(request.Url);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the browser complained of.</summary>
    public ConcurrentQueue<string> Errors { get; } = [];

    /// <summary>What it asked of others than the page's own server.</summary>
    public ConcurrentQueue<string> Elsewhere { get; } = [];

    public ILocator Verdict => Page.Locator("#verdict-text");

    public ILocator Rows => Page.Locator("#targets tbody tr");

    public ILocator Checks => Page.Locator(".checks > li");

    public ILocator Services => Page.Locator("#services tbody tr");

    /// <summary>Waits until everything is there that the page shows.</summary>
    public async Task<OpenedPage> CompleteAsync()
    {
        foreach (var last in (ILocator[])[Rows.Last, Checks.Last, Services.Last])
        {
            await last.WaitForAsync();
        }

        return this;
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
