using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceDefaults.Telemetry;

internal static class TelemetryExtensions
{
    internal const string MetricsPath = "/metrics";

    // The platform measures and traces itself. OpenTelemetry's packages of that name listen beside it and cost every request, recorded or not, as much again.
    private static readonly string[] PlatformMeters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics", "System.Net.Http", "System.Net.NameResolution", "System.Runtime"];

    // 50, 200, 300, 500 ms and 1 s are bucket boundaries, so that the share of requests within a target is exact.
    private static readonly ExplicitBucketHistogramConfiguration RequestDuration = new()
    {
        Name = MetricNames.RequestDuration,
        Description = "Time from the arrival of a request until its response was written.",
        Boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10],
        TagKeys = [RequestTags.Method, RequestTags.Endpoint, RequestTags.Status, RequestTags.Protocol],
        CardinalityLimit = 5000, // some hundred endpoints and methods, by status and protocol
    };

    private static readonly string[] PlatformSources = ["Microsoft.AspNetCore", "System.Net.Http"];

    /// <summary>Traces, metrics and logs over OTLP where a collector is named, metrics for Prometheus always.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        var options = builder.Configuration.ReadOptions<TelemetryOptions>(TelemetryOptions.Section);
        var ratio = options.SampleRatio ?? (builder.Environment.IsDevelopment() ? 1.0 : 0.01);

        // A host that gave the process its name gave it an instance id as well.
        var isNamed = builder.Configuration["OTEL_SERVICE_NAME"] is { Length: > 0 };
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => _ = isNamed ? resource : resource.AddService(service))
            .WithMetrics(metrics => metrics
                .AddMeter(PlatformMeters)
                .AddMeter(TelemetryNames.MeterPattern)
                .AddView(MetricNames.ServerRequestDuration, RequestDuration)
                .AddView(instrument => IsIdle(instrument) ? MetricStreamConfiguration.Drop : null)
                .AddPrometheusExporter())
            .WithTracing(tracing => tracing
                .SetSampler(new ParentBasedSampler(new RootSampler(ratio), remoteParentSampled: new CallerParentSampler(ratio)))
                .AddSource(PlatformSources)
                .AddSource(TelemetryNames.MeterPattern));
        builder.Services.AddTransient<IStartupFilter, RequestSpanFilter>();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<CallerTraces>();

        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            builder.Logging.AddOpenTelemetry(logging =>
            {
                logging.IncludeFormattedMessage = true;
                logging.IncludeScopes = true;
            });
            telemetry.UseOtlpExporter();
            builder.Services.AddHostedService<LastExport>();
        }
    }

    /// <summary>Serves <c>/metrics</c>; on the internal port alone where there is one, so that the public door never does.</summary>
    public static void UseMetricsEndpoint(this WebApplication app)
    {
        var internalPort = app.Services.GetRequiredService<ListenOptions>().Internal;
        app.UseOpenTelemetryPrometheusScrapingEndpoint(context =>
            context.Request.Path == MetricsPath && (internalPort is null || context.Connection.LocalPort == internalPort));
    }

    // Several updates for each request, and nobody looks: how many are under way the gateway tells, and connections are never waited for.
    private static bool IsIdle(Instrument instrument) =>
        instrument.Name is "http.server.active_requests" or "http.client.active_requests" or "http.client.request.time_in_queue";
}
