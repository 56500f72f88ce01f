using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StoryPortal.DataLayer.Events;

/// <summary>Whether new events get into their final order: while a transaction that writes events stays open, no later one is passed on or counted.</summary>
internal sealed class EventOrderCheck(EventSequence sequence) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        sequence.HeldUpBy is { } who
            ? new(context.Registration.FailureStatus, $"New events are stored, but neither streamed nor counted: a transaction that writes events stays open ({who}). End it.")
            : HealthCheckResult.Healthy());
}
