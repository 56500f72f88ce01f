using System.Text.Json.Serialization;

namespace StoryPortal.Bench.Rows;

/// <summary>Which side of its aim a ratio has to be on.</summary>
internal enum Bound
{
    /// <summary>The more the better.</summary>
    [JsonStringEnumMemberName("at_least")]
    AtLeast,

    /// <summary>The less the better.</summary>
    [JsonStringEnumMemberName("at_most")]
    AtMost,
}

/// <summary>One comparison: how much <c>a</c> is of <c>b</c>, measured one after the other, several times.</summary>
/// <param name="name">Its name, by which bench.sh chooses.</param>
/// <param name="a">What is measured.</param>
/// <param name="b">What it is compared with.</param>
/// <param name="unit">The unit of both.</param>
/// <param name="aim">What a/b has to reach.</param>
/// <param name="bound">Whether it has to reach or to stay below it.</param>
internal abstract class Row(string name, string a, string b, string unit, double aim, Bound bound = Bound.AtLeast)
{
    public string Name => name;

    public string A => a;

    public string B => b;

    public string Unit => unit;

    public double Aim => aim;

    public Bound Bound => bound;

    /// <summary>How often the pair is measured.</summary>
    public virtual int Runs(BenchOptions options) => options.Runs;

    /// <summary>Whether it can be measured quickly.</summary>
    public virtual bool IsQuick => true;

    /// <summary>Checks that there is something to measure, and brings it up to speed.</summary>
    /// <exception cref="Measuring.NotThereYetException">There is not.</exception>
    public virtual Task PrepareAsync(Stage stage) => Task.CompletedTask;

    public abstract Task<double> MeasureAAsync(Stage stage);

    public abstract Task<double> MeasureBAsync(Stage stage);
}

/// <summary>A row whose <c>b</c> is a limit.</summary>
internal abstract class LimitRow(string name, string a, double limit, string unit) : Row(name, a, "limit", unit, 1, Bound.AtMost)
{
    public override Task<double> MeasureBAsync(Stage stage) => Task.FromResult(limit);
}
