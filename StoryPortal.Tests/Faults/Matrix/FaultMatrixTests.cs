using Xunit.Abstractions;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>Everything that can break, in every way in which it breaks. A third of the cells is in CI, with shorter faults and patience for a busy machine.</summary>
[Collection(SharedFaultySystem.Name)]
public sealed class FaultMatrixTests(FaultySystem system, ITestOutputHelper output)
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Hardly = TimeSpan.FromSeconds(20);

    /// <summary>Each victim and each fault at least once.</summary>
    public static TheoryData<string, string> InCi => new()
    {
        { "Postgres", "killed" },
        { "Postgres", "cut" },
        { "Redis", "frozen" },
        { "Redis", "cut" },
        { "one hub of two", "killed" },
        { "one hub of two", "frozen" },
        { "one hub of two", "restarted" },
        { "the only hub", "killed" },
        { "worker", "killed" },
        { "gateway", "slow" },
    };

    public static TheoryData<string, string> Every
    {
        get
        {
            var cells = new TheoryData<string, string>();
            foreach (var victim in Victim.All)
            {
                foreach (var fault in Fault.All)
                {
                    cells.Add(victim.Name, fault.Name);
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(InCi))]
    public Task A_fault_costs_no_more_than_it_may(string victim, string fault) => RunAsync(victim, fault, inCi: true, Hardly);

    [Theory]
    [MemberData(nameof(Every))]
    [Trait("Category", "Long")]
    public Task Every_fault_costs_no_more_than_it_may(string victim, string fault) => RunAsync(victim, fault, inCi: false, InTime);

    private async Task RunAsync(string victimName, string faultName, bool inCi, TimeSpan patience)
    {
        var (victim, fault) = (Victim.All.Single(victim => victim.Name == victimName), Fault.All.Single(fault => fault.Name == faultName));
        var result = await FaultCell.RunAsync(system, victim, fault, inCi);
        FaultTable.Write(result);
        output.WriteLine($"{result.FailedPercent:0.00} % of {result.Requests.Count} failed, the last {result.Cost.TotalSeconds:0.0} s after the fault; noticed after {result.Noticed?.TotalSeconds:0.0} s; slowest {result.Slowest.TotalSeconds:0.0} s");
        output.WriteLine(result.Examples);

        Assert.True(result.Findings.Count == 0, string.Join('\n', result.Findings.Take(20)));
        foreach (var of in fault.IsOnlySlow ? Enum.GetValues<LoadClass>() : victim.Safe)
        {
            Assert.True(result.Of(of).Failed == 0, $"{result.Of(of)} of {of} failed:\n{result.Examples}");
        }

        if (victim.Hubs == 2 && victim.Resource.StartsWith("service-hub", StringComparison.Ordinal) && fault.IsDeath)
        {
            Assert.InRange(result.FailedPercent, 0, 1);
            Assert.InRange(result.Cost, TimeSpan.Zero, patience);
        }
    }
}
