using System.Diagnostics;
using OpenTelemetry.Trace;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>
/// Decides about new traces: a share of them is kept, and each begins with a request or a job. What a process asks of others for itself, such as beats,
/// leases and probes, several times a second, is nobody's trace.
/// </summary>
internal sealed class RootSampler(double ratio) : Sampler
{
    private const string ProbesOfYarp = "proxy.cluster_health_checks";

    private readonly TraceIdRatioBasedSampler _share = new(ratio);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind == ActivityKind.Client || samplingParameters.Name == ProbesOfYarp
            ? new SamplingResult(SamplingDecision.Drop)
            : _share.ShouldSample(samplingParameters);
}
