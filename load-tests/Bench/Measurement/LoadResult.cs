namespace StoryPortal.Bench.Measurement;

/// <summary>What a load generator reports.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Requests">Requests in all.</param>
internal sealed record LoadResult(double PerSecond, long Requests);

/// <summary>A measurement without meaning, because the measured system failed.</summary>
internal sealed class MeasurementFailedException(string message) : Exception(message);
