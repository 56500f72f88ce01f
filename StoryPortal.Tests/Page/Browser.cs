using Microsoft.Playwright;

namespace StoryPortal.Tests.Page;

/// <summary>The Chromium of this machine. A machine without one fails the tests that need it: what nobody has looked at is not tested.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Setting = "STORYPORTAL_CHROMIUM";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    private static readonly string[] Applications =
        ["/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

    // It is to ask nobody but the page's own server.
    private static readonly string[] Arguments =
        ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        var program = Find();
        Assert.True(program is not null, $"Chromium is not installed. Debian: apt-get install chromium (test.sh does it); elsewhere {Setting} can name the program of a Chromium or Chrome.");
        Assertions.SetDefaultExpectTimeout(OpenedPage.Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = Arguments });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens an address in a window of its own, with nothing that another test has left there.</summary>
    internal async Task<OpenedPage> OpenAsync(Uri address, int width = 1280, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = 800 }, ColorScheme = scheme });
        var opened = new OpenedPage(context, await context.NewPageAsync(), address);
        await opened.Page.GotoAsync(address.ToString());
        return opened;
    }

    private static string? Find() => Environment.GetEnvironmentVariable(Setting)
        ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
            .Concat(Applications)
            .FirstOrDefault(File.Exists);
}
