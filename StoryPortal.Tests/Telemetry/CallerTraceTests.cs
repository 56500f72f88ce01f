using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Telemetry;

/// <summary>
/// Outside Development the sampled flag of a caller's <c>traceparent</c> counts for authenticated callers alone, and not without bound.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class CallerTraceTests(StoryPortalSystem servers)
{
    private const string Sampled = "01";
    private const string NotSampled = "00";

    [Fact]
    public async Task An_authenticated_caller_forces_traces_up_to_its_limit_and_unauthenticated_callers_force_none()
    {
        const int Limit = 3;
        var key = ApiKeyFormat.Create();
        await using var hub = await FakeHub.StartAsync(app =>
            app.MapGet("/v1/echo", (HttpContext context) => context.Request.Headers.TraceParent.ToString()));
        hub.Keys[key] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read], RequestsPerMinute: 10_000);
        await using var gateway = await GatewayProcess.StartAsync(
            [hub], "--Telemetry:SampleRatio=0", $"--Telemetry:CallerTracesPerMinute={Limit}");

        foreach (var invalidKey in (string?[])[null, ApiKeyFormat.Create(), "made up"])
        {
            for (var i = 0; i < 5; i++)
            {
                var (status, flags, _) = await AskAsync(gateway, invalidKey, Sampled);
                Assert.Equal((HttpStatusCode.Unauthorized, NotSampled), (status, flags));
            }
        }

        Assert.Equal((HttpStatusCode.OK, NotSampled, NotSampled), await AskAsync(gateway, key, NotSampled));
        var sampled = 0;
        for (var i = 0; i < 10 * Limit; i++)
        {
            var (status, flags, forwarded) = await AskAsync(gateway, key, Sampled);
            Assert.Equal((HttpStatusCode.OK, flags), (status, forwarded));
            sampled += flags == Sampled ? 1 : 0;
        }

        Assert.InRange(sampled, Limit, 2 * Limit); // the minute may turn in between
    }

    [Fact]
    public async Task A_hub_traces_what_a_gateway_has_decided_to_trace()
    {
        await using var collector = await Collector.StartAsync();
        var system = new ProductionSystem(servers, new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["Telemetry__SampleRatio"] = "0",
        });
        await system.InitializeAsync();
        try
        {
            var refused = ActivityTraceId.CreateRandom().ToHexString();
            await AskAsync(system.Gateway.Anonymous, null, refused);
            await AskAsync(system.Hub, null, refused);

            var accepted = ActivityTraceId.CreateRandom().ToHexString();
            await AskAsync(system.Gateway.Anonymous, GatewayProcess.AdminKey, accepted);
            (string, string)[] expected =
                [("gateway", "Microsoft.AspNetCore"), ("service-hub", "Microsoft.AspNetCore"), ("service-hub", "Npgsql")];
            foreach (var (service, scope) in expected)
            {
                await Eventually.TrueAsync(() => Task.FromResult(
                    collector.Spans.Any(span => span.TraceId == accepted && span.Service == service && span.Scope == scope)));
            }

            // Its own port: an authenticated caller's flag counts there too.
            var direct = ActivityTraceId.CreateRandom().ToHexString();
            await AskAsync(system.Hub, GatewayProcess.AdminKey, direct);
            await Eventually.TrueAsync(() => Task.FromResult(collector.Spans.Any(span => span.TraceId == direct)));
            Assert.DoesNotContain(collector.Spans, span => span.TraceId == refused);
        }
        finally
        {
            await system.DisposeAsync();
        }
    }

    private static async Task<(HttpStatusCode Status, string Flags, string Forwarded)> AskAsync(
        GatewayProcess gateway, string? key, string flags)
    {
        var traceParent = TraceParent(ActivityTraceId.CreateRandom().ToHexString(), flags);
        using var response = await gateway.GetAsync("/v1/echo", key, ("traceparent", traceParent));
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, response.Headers.GetValues("traceparent").Single().Split('-')[3], body.Split('-')[^1]);
    }

    private static async Task AskAsync(HttpClient client, string? key, string trace)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/v1/agents/{Guid.NewGuid()}", UriKind.Relative));
        request.Headers.Add("traceparent", TraceParent(trace, Sampled));
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using var response = await client.SendAsync(request);
        Assert.Equal(key is null ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound, response.StatusCode);
    }

    private static string TraceParent(string trace, string flags) => $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-{flags}";
}
