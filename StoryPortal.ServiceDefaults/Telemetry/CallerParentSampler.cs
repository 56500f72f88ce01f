using OpenTelemetry.Trace;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>
/// Samples requests whose <c>traceparent</c> has the sampled flag. The sampler precedes authentication: it samples the share of a new
/// trace, whatever the caller's trace id, and keeps the data of the others until <see cref="CallerTraces"/> has decided.
/// </summary>
internal sealed class CallerParentSampler(double ratio) : Sampler
{
    // Not by the trace id, as TraceIdRatioBasedSampler: the caller chooses it.
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        new(Random.Shared.NextDouble() < ratio ? SamplingDecision.RecordAndSample : SamplingDecision.RecordOnly);
}
