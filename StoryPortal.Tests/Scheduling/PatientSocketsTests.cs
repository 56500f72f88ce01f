using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Scheduling;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Scheduling;

/// <summary>The threads of a gateway that wait for its sockets, as Linux schedules them.</summary>
public sealed class PatientSocketsTests
{
    private const int Callers = 16;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // sched.h
    private const int Normal = 0;
    private const int Batch = 3;

    [Fact]
    public async Task They_interrupt_no_other_thread_while_the_gateway_is_busy()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // which has such a policy
        }

        await using var hub = await FakeHub.StartAsync(_ => { });
        await using var gateway = await GatewayProcess.StartAsync([hub], "--Scheduling:BusyRequestsPerSecondAndProcessor=100"); // more than whoever waits for its start asks
        Assert.Equal([Normal], gateway.PoliciesOf(".NET Sockets"));

        await LoadUntilAsync(gateway, () => gateway.PoliciesOf(".NET Sockets") is [Batch]);
        Assert.Equal([Normal], gateway.PoliciesOf(".NET TP Worker").Distinct());

        await Eventually.TrueAsync(() => Task.FromResult(gateway.PoliciesOf(".NET Sockets") is [Normal]));
    }

    [Fact]
    public async Task Nothing_looks_at_them_where_that_is_off()
    {
        var off = Options.Create(new SchedulingOptions { BusyRequestsPerSecondAndProcessor = 0 });
        using var pulse = new Pulse(TimeProvider.System);
        using var patient = new PatientSockets(off, new Recorder(TimeProvider.System), pulse, TimeProvider.System, NullLogger<PatientSockets>.Instance);
        await patient.StartAsync(CancellationToken.None);
        await patient.ExecuteTask!.WaitAsync(Deadline);
    }

    private static async Task LoadUntilAsync(GatewayProcess gateway, Func<bool> condition)
    {
        using var enough = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(gateway, enough.Token)).ToList();
        try
        {
            await Eventually.TrueAsync(() => Task.FromResult(condition()));
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(callers);
        }
    }

    private static async Task CallAsync(GatewayProcess gateway, CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            using var response = await gateway.GetAsync("/health/live");
            response.EnsureSuccessStatusCode();
        }
    }
}
