using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceDefaults.Telemetry;

/// <summary>
/// Samples the request of an authenticated caller whose <c>traceparent</c> has the sampled flag, up to
/// <see cref="TelemetryOptions.CallerTracesPerMinute"/>; and every such request that a gateway forwards, because the gateway has decided.
/// Anonymous callers cannot force a trace.
/// </summary>
internal sealed class CallerTraces(TelemetryOptions options, ListenOptions listen) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(caller =>
        RateLimitPartition.GetFixedWindowLimiter(
            caller, _ => new FixedWindowRateLimiterOptions { PermitLimit = options.CallerTracesPerMinute, Window = Window }));

    /// <summary>Samples the span of a request that a gateway forwards, before anything else of the request is traced.</summary>
    public void SampleForwarded(HttpContext context, Activity span)
    {
        if (IsUndecided(span) && listen.IsFromGateway(context))
        {
            span.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        }
    }

    /// <summary>Samples the present span if the caller may have it sampled. Call it after authentication.</summary>
    public void SampleAuthenticated(HttpContext context)
    {
        if (Activity.Current is { } span && IsUndecided(span) && context.Caller is { } caller && TryTake(caller.Id))
        {
            span.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    // What CallerParentSampler has left open: without the caller's flag no data is kept of a span that is not sampled.
    private static bool IsUndecided(Activity span) => span is { IsAllDataRequested: true, Recorded: false };

    private bool TryTake(string caller)
    {
        using var lease = _limiter.AttemptAcquire(caller);
        return lease.IsAcquired;
    }
}
