using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>How something is broken.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="BeginAsync">Breaks it.</param>
/// <param name="EndAsync">Mends it.</param>
/// <param name="Lasts">For how long it is broken.</param>
/// <param name="LastsInCi">The same where time is short.</param>
internal sealed record Fault(string Name, Func<Victim, FaultySystem, Task> BeginAsync, Func<Victim, FaultySystem, Task> EndAsync, double Lasts, double LastsInCi)
{
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(200);

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("killed", KillAsync, (victim, system) => system.System.RestartAsync(victim.Resource), Lasts: 5, LastsInCi: 3),
        new("frozen", (victim, system) => SignalAsync("STOP", victim, system), (victim, system) => SignalAsync("CONT", victim, system), Lasts: 10, LastsInCi: 7),
        new("restarted", (victim, system) => system.System.RunAsync(victim.Resource, KnownResourceCommands.StopCommand), (victim, system) => system.System.RestartAsync(victim.Resource), Lasts: 0, LastsInCi: 0),
        new("slow", (victim, system) => SetAsync(victim, system, way => way.Delay = Slowness), (victim, system) => SetAsync(victim, system, way => way.Delay = TimeSpan.Zero), Lasts: 10, LastsInCi: 3),
        new("cut", (victim, system) => SetAsync(victim, system, way => way.CutsAnswers = true), (victim, system) => SetAsync(victim, system, way => way.CutsAnswers = false), Lasts: 3, LastsInCi: 3),
    ];

    /// <summary>Whether it only makes answers late: that fails nothing, whatever it happens to.</summary>
    public bool IsOnlySlow => Name == "slow";

    /// <summary>Whether it is a death, for a time or for good.</summary>
    public bool IsDeath => Name is "killed" or "frozen" or "restarted";

    // The processes are known before: one that does not answer cannot be asked.
    private static readonly Dictionary<Victim, int[]> Frozen = [];

    private static async Task KillAsync(Victim victim, FaultySystem system)
    {
        var processes = await victim.ProcessesAsync(system.System);
        Assert.NotEmpty(processes);
        await Signals.SendAsync("KILL", processes[..1]);
        await Victims.GoneAsync(processes);
    }

    private static async Task SignalAsync(string signal, Victim victim, FaultySystem system)
    {
        if (signal == "STOP")
        {
            Frozen[victim] = await victim.ProcessesAsync(system.System);
            Assert.NotEmpty(Frozen[victim]);
        }

        await Signals.SendAsync(signal, Frozen[victim]);
    }

    private static Task SetAsync(Victim victim, FaultySystem system, Action<TcpProxy> set)
    {
        set(victim.Way(system));
        return Task.CompletedTask;
    }
}
