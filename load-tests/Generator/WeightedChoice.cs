namespace StoryPortal.Generator;

/// <summary>Chooses among numbered things, each with a weight.</summary>
public sealed class WeightedChoice
{
    private readonly double[] _cumulative;

    /// <summary>Chooses by <paramref name="weights"/>, which need not add up to 1.</summary>
    public WeightedChoice(IEnumerable<double> weights)
    {
        var sum = 0.0;
        _cumulative = [.. weights.Select(weight => sum += weight)];
    }

    /// <summary>Number k is chosen about 1/(k+1) as often as number 0: few are busy, most are not.</summary>
    public static WeightedChoice Zipf(int count, double exponent = 1) => new(Enumerable.Range(1, count).Select(rank => Math.Pow(rank, -exponent)));

    /// <summary>A number by chance.</summary>
    public int Next(Random random) => (int)At(random.NextDouble());

    /// <summary>Where <paramref name="share"/> (0 to 1) of all the weight lies: the whole part is the number, the rest how far into its weight.</summary>
    public double At(double share)
    {
        var wanted = share * _cumulative[^1];
        var found = Array.BinarySearch(_cumulative, wanted);
        var index = Math.Min(found >= 0 ? found + 1 : ~found, _cumulative.Length - 1);
        var before = index == 0 ? 0 : _cumulative[index - 1];
        return index + Math.Clamp((wanted - before) / (_cumulative[index] - before), 0, 0.999999);
    }
}
