using System.Diagnostics;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Telemetry;

/// <summary>One request is one trace, from the gateway to the database, and what is logged on the way carries its id.</summary>
public sealed class TraceTests(CollectedSystem collected) : IClassFixture<CollectedSystem>
{
    private readonly Collector _collector = collected.Collector;
    private readonly StoryPortalSystem _system = collected.System;

    [Fact]
    public async Task A_request_is_one_trace_over_gateway_hub_redis_and_postgres()
    {
        var (trace, caller) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/v1/agents/{Guid.NewGuid()}", UriKind.Relative));
        request.Headers.Add("traceparent", $"00-{trace}-{caller}-01");
        using var response = await _system.Gateway.SendAsync(request);
        await response.ProblemAsync(HttpStatusCode.NotFound); // looked for in memory, in Redis and in Postgres
        Assert.Contains(trace, response.Headers.GetValues("traceparent").Single(), StringComparison.Ordinal);

        await ArrivedAsync(trace, span => span.Service == "gateway" && span.ParentId == caller);
        await ArrivedAsync(trace, span => span.Service == "service-hub" && span.Scope == "Microsoft.AspNetCore");
        await ArrivedAsync(trace, span => span.Service == "service-hub" && span.Scope == "Npgsql");
        await ArrivedAsync(trace, span => span.Service == "service-hub" && span.Scope.Contains("Redis", StringComparison.Ordinal));
        var spans = SpansOf(trace);

        // One tree: whatever is not the caller's has its parent in the trace.
        var known = spans.Select(span => span.SpanId).ToHashSet();
        Assert.All(spans, span => Assert.True(span.ParentId == caller || known.Contains(span.ParentId), span.ToString()));
    }

    private List<Span> SpansOf(string trace) => [.. _collector.Spans.Where(span => span.TraceId == trace)];

    private Task ArrivedAsync(string trace, Predicate<Span> wanted) => Eventually.TrueAsync(
        () => Task.FromResult(SpansOf(trace).Exists(wanted)), () => $"only these arrived:\n{string.Join('\n', SpansOf(trace))}");

    [Fact]
    public async Task A_trace_begins_with_a_request_or_a_job_and_not_with_what_processes_ask_for_themselves()
    {
        // Of every process, so that what it did by itself before has arrived as well.
        using var run = await _system.Gateway.PostAsync(new Uri("/v1/admin/jobs/index-report/run", UriKind.Relative), null);
        await run.JsonAsync(HttpStatusCode.Accepted);
        await Eventually.TrueAsync(() => Task.FromResult(
            ((string[])["gateway", "service-hub", "data-layer"]).All(service => _collector.Spans.Any(span => span.Service == service && (span.ParentId.Length == 0 || service == "service-hub")))));

        Assert.All(_collector.Spans.Where(span => span.ParentId.Length == 0), span =>
            Assert.True(span.Scope == "Microsoft.AspNetCore" || span.Name.StartsWith("maintenance ", StringComparison.Ordinal), span.ToString()));
    }

    [Fact]
    public async Task What_is_logged_carries_the_id_of_its_trace()
    {
        using var run = await _system.Gateway.PostAsync(new Uri("/v1/admin/jobs/index-report/run", UriKind.Relative), null);
        await run.JsonAsync(HttpStatusCode.Accepted);
        await Eventually.TrueAsync(() => Task.FromResult(_collector.Logs.Any(log =>
            log.Service == "data-layer" && log.Text.StartsWith("Job index-report succeeded", StringComparison.Ordinal)
            && _collector.Spans.Any(span => span.Name == "maintenance index-report" && span.TraceId == log.TraceId))));
    }
}
