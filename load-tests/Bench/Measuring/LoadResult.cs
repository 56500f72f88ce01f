namespace StoryPortal.Bench.Measuring;

/// <summary>What a load generator reports.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Requests">Requests in all.</param>
internal sealed record LoadResult(double PerSecond, long Requests);

/// <summary>A measurement that means nothing, because what was measured failed.</summary>
internal sealed class MeasurementFailedException(string message) : Exception(message);

/// <summary>What a row is about does not exist yet.</summary>
internal sealed class NotThereYetException(string what) : Exception(what);
