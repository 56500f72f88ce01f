using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceHub.Services.Health;

namespace StoryPortal.Tests.Services;

/// <summary>What a hub asks on behalf of others, and what it does not.</summary>
public sealed class HealthProbeTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _end = new();
    private WebApplication _instance = null!;
    private int _asked;
    private string _location = "";

    private int Port => new Uri(_instance.Urls.Single()).Port;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _instance = builder.Build();
        _instance.Use((context, next) =>
        {
            Interlocked.Increment(ref _asked);
            return next(context);
        });
        _instance.MapGet("/good", () => TypedResults.NoContent());
        _instance.MapGet("/bad", () => TypedResults.StatusCode(StatusCodes.Status500InternalServerError));
        _instance.MapGet("/elsewhere", () => TypedResults.Redirect("/good"));
        _instance.MapGet("/moved/{status:int}", (int status, HttpContext context) =>
        {
            context.Response.Headers.Location = _location;
            return TypedResults.StatusCode(status);
        });
        _instance.MapGet("/never", () => _end.Task);
        _instance.MapGet("/endless", async (HttpContext context) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[65_536], context.RequestAborted);
            }
        });
        await _instance.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _end.TrySetResult();
        await _instance.DisposeAsync();
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("endless", null)]
    [InlineData("bad", "health check: 500")]
    [InlineData("elsewhere", "health check: 302")]
    public async Task Only_the_status_counts_and_no_redirect_is_followed(string path, string? failure)
    {
        using var probe = Probe(takesPrivate: true);
        Assert.Equal(failure, await probe.FailureAsync($"http://127.0.0.1:{Port}/{path}", CancellationToken.None));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Who_does_not_answer_in_time_has_failed()
    {
        using var probe = Probe(takesPrivate: true, timeoutSeconds: 0.2);
        Assert.Equal("health check: no answer in time", await probe.FailureAsync($"http://127.0.0.1:{Port}/never", CancellationToken.None));
    }

    [Fact]
    public async Task Who_cannot_be_reached_has_failed()
    {
        using var probe = Probe(takesPrivate: true);
        Assert.Equal("health check: cannot be reached", await probe.FailureAsync("http://127.0.0.1:1/", CancellationToken.None));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")] // a name is no way around
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task Private_addresses_are_not_asked_unless_the_host_says_so(string host)
    {
        using var probe = Probe(takesPrivate: false);
        Assert.Contains("private address", await probe.FailureAsync($"http://{host}:{Port}/good", CancellationToken.None), StringComparison.Ordinal);
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task What_a_name_leads_to_is_looked_at_each_time_and_connected_to()
    {
        var address = "127.0.0.1";
        using var probe = Probe(takesPrivate: true, resolve: name => name == "shop.example" ? [IPAddress.Parse(address)] : throw new InvalidOperationException(name));
        Assert.Null(await probe.FailureAsync($"http://shop.example:{Port}/good", CancellationToken.None));

        address = "169.254.169.254";
        Assert.Contains("never asked", await probe.FailureAsync($"http://shop.example:{Port}/good", CancellationToken.None), StringComparison.Ordinal);
        Assert.Equal(1, _asked);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_leads_to_no_other_host(int status)
    {
        await using var other = WebApplication.CreateSlimBuilder().Build();
        var asked = 0;
        other.Urls.Add("http://127.0.0.1:0");
        other.Run(context =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        });
        await other.StartAsync();
        _location = new Uri(other.Urls.Single()).AbsoluteUri;

        using var probe = Probe(takesPrivate: true);
        var failure = await probe.FailureAsync($"http://127.0.0.1:{Port}/moved/{status}", CancellationToken.None);
        Assert.Equal($"health check: {status}", failure);
        Assert.Equal((1, 0), (_asked, asked));
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_a_moment_later_is_resolved_once_and_what_was_checked_is_connected_to()
    {
        var resolved = 0;
        using var probe = Probe(takesPrivate: true, resolve: _ =>
            [IPAddress.Parse(Interlocked.Increment(ref resolved) == 1 ? "127.0.0.1" : "169.254.169.254")]);
        Assert.Null(await probe.FailureAsync($"http://shop.example:{Port}/good", CancellationToken.None));
        Assert.Equal((1, 1), (resolved, _asked));
    }

    [Fact]
    public async Task One_address_that_is_not_asked_is_enough_to_refuse_a_name()
    {
        using var probe = Probe(takesPrivate: true, resolve: _ => [IPAddress.Loopback, IPAddress.Parse("169.254.169.254")]);
        Assert.Contains("never asked", await probe.FailureAsync($"http://shop.example:{Port}/good", CancellationToken.None), StringComparison.Ordinal);
        Assert.Equal(0, _asked);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")] // the same by NAT64
    [InlineData("2002:a9fe:a9fe::1")] // the same by 6to4
    [InlineData("64:ff9b:1::a9fe:a9fe")] // by NAT64 of a site, whose prefix may have 96 bits or 48
    [InlineData("64:ff9b:1:a9fe:a9:fe00::")]
    [InlineData("::ffff:0:a9fe:a9fe")] // by SIIT
    [InlineData("2001:0:a9fe:a9fe:0:ffff:5601:5601")] // by Teredo
    [InlineData("2606:2800::5efe:a9fe:a9fe")] // by ISATAP
    [InlineData("fd12::200:5efe:a9fe:a9fe")]
    [InlineData("5f00::1")]
    public void Some_addresses_are_never_asked(string address) => Assert.NotNull(Addresses(takesPrivate: true).Refusal(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("fd12::1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("::ffff:0:a00:1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800::1", true)]
    public void Private_addresses_are_told_from_others(string address, bool isPublic)
    {
        Assert.Equal(isPublic, Addresses(takesPrivate: false).Refusal(IPAddress.Parse(address)) is null);
        Assert.Null(Addresses(takesPrivate: true).Refusal(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public void Private_addresses_are_asked_in_development_by_default(string environment, bool takes) =>
        Assert.Equal(takes, new HealthAddresses(Options.Create(new HealthPollOptions()), new Named(environment)).Refusal(IPAddress.Loopback) is null);

    private static HealthAddresses Addresses(bool takesPrivate) => new(Options.Create(new HealthPollOptions { PrivateAddresses = takesPrivate }), new Named("Production"));

    private static HealthProbe Probe(bool takesPrivate, double timeoutSeconds = 30, Func<string, IPAddress[]>? resolve = null)
    {
        var options = Options.Create(new HealthPollOptions { TimeoutSeconds = timeoutSeconds });
        return resolve is null
            ? new HealthProbe(Addresses(takesPrivate), options, TimeProvider.System)
            : new HealthProbe(Addresses(takesPrivate), options, TimeProvider.System, (name, _) => Task.FromResult(resolve(name)));
    }

    private sealed class Named(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "tests";

        public string ContentRootPath { get; set; } = "";

        public Microsoft.Extensions.FileProviders.IFileProvider ContentRootFileProvider { get; set; } = null!;
    }
}
