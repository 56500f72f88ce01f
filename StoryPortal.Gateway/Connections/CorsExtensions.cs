namespace StoryPortal.Gateway.Connections;

/// <summary>Pages of other origins that may read responses, setting <c>Cors:Origins</c>.</summary>
internal static class CorsExtensions
{
    private const string Origins = "Cors:Origins";

    // All headers of the API that a browser does not show to a page by itself.
    private static readonly string[] Exposed =
    [
        "Accept-Patch", "Age", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining",
        "RateLimit-Reset", "Retry-After", "traceparent", "WWW-Authenticate", "X-Cache", "X-Request-Id",
    ];

    /// <summary>Adds the policy of the configured origins; without any, no other origin reads a response.</summary>
    public static void AddConfiguredCors(this WebApplicationBuilder builder) =>
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(builder.Configuration.ReadList(Origins))
            .AllowAnyMethod()
            .AllowAnyHeader()
            .WithExposedHeaders(Exposed)));

    /// <summary>Lets pages of the configured origins read responses. Where there are none, no request passes the middleware.</summary>
    public static void UseConfiguredCors(this WebApplication app)
    {
        if (app.Configuration.ReadList(Origins).Length > 0)
        {
            app.UseCors();
        }
    }
}
