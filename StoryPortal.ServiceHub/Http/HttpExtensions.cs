using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Routing;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.ServiceHub.Http;

/// <summary>What every endpoint of the hub relies on.</summary>
internal static class HttpExtensions
{
    /// <summary>The contracts' JSON rules and the limits of batches.</summary>
    public static void AddHttp(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<BatchOptions>().BindConfiguration(BatchOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<IdempotencyFilter>();
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<BatchOptions>>().Value;
            return new BatchGate("batches", options.Concurrency, options);
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            StoryJson.Apply(json.SerializerOptions);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, StoryJson.Contracts);
        });
        builder.Services.AddHealthChecks().AddStartupCheck<FirstRead>("first-read");
    }

    /// <summary>What every request passes before its endpoint.</summary>
    public static void UseHttp(this WebApplication app)
    {
        app.UseHeadRequests();
        app.UseRoutingOfEncodedPaths();
        app.UseMiddleware<RouteHeaderMiddleware>();
        app.UseApiAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<RepeatedQueryParameterMiddleware>();
    }

    /// <summary>How large a body an endpoint takes, before and after decompression. A larger one is answered with 413.</summary>
    public static RouteHandlerBuilder WithBodyLimit(this RouteHandlerBuilder endpoint, int bytes) =>
        endpoint.WithMetadata(new BodyLimit(bytes)).ProducesProblem(StatusCodes.Status413PayloadTooLarge);

    /// <summary>An endpoint that takes batches: of up to 32 MiB each, a few at a time.</summary>
    public static RouteHandlerBuilder TakesBatches(this RouteHandlerBuilder endpoint) => endpoint
        .WithBodyLimit(BodyLimits.Batch)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .AddEndpointFilterFactory((factory, next) =>
        {
            var gate = factory.ApplicationServices.GetRequiredService<BatchGate>();
            return context => gate.InvokeAsync(context, next);
        });

    /// <summary>Whether the caller asks for <paramref name="mediaType"/> by its name.</summary>
    public static bool Accepts(this HttpRequest request, string mediaType) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.Quality != 0 && accepted.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase));

    private sealed record BodyLimit(long? MaxRequestBodySize) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata;
}
