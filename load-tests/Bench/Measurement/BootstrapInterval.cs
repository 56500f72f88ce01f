namespace StoryPortal.Bench.Measurement;

/// <summary>An interval of a figure.</summary>
/// <param name="Lower">The lower end.</param>
/// <param name="Upper">The upper end.</param>
internal readonly record struct Interval(double Lower, double Upper);

/// <summary>The percentile bootstrap: the spread of the median when the samples are drawn again from themselves.</summary>
internal static class BootstrapInterval
{
    private const double Confidence = 0.95;
    private const int Resamples = 10_000;
    private const int Seed = 1; // the same samples have the same interval

    /// <summary>The 95 % interval of the median of <paramref name="samples"/>.</summary>
    public static Interval OfMedian(IReadOnlyList<double> samples)
    {
        var random = new Random(Seed);
        var resample = new double[samples.Count];
        var medians = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            for (var j = 0; j < resample.Length; j++)
            {
                resample[j] = samples[random.Next(samples.Count)];
            }

            medians[i] = resample.Median();
        }

        return new Interval(medians.Percentile((1 - Confidence) / 2), medians.Percentile((1 + Confidence) / 2));
    }
}
