using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.ServiceDefaults.Problems;

internal static class ProblemExtensions
{
    /// <summary>Every error leaves the process as an RFC 9457 problem document that carries the trace's id.</summary>
    public static void AddProblems(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            context.ProblemDetails.Detail ??= DetailOf(context.HttpContext);
            context.ProblemDetails.Extensions.Remove("traceId");
            context.ProblemDetails.Extensions["trace_id"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
        });
        builder.Services.AddSingleton<IProblemDetailsWriter, UnaskedProblemWriter>();
        builder.Services.AddExceptionHandler<InputExceptionHandler>();

        // Thrown, a bad request reaches the handler above and names its field; by default it would be an empty 400.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    // What the framework refuses by itself it refuses with a bare status.
    private static string? DetailOf(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => $"There is nothing at {context.Request.Path}.",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Path} takes {context.Response.Headers.Allow}.",
        StatusCodes.Status415UnsupportedMediaType => $"The Content-Type '{context.Request.ContentType}' is not taken here.",
        _ => null,
    };

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseMiddleware<BareStatusMiddleware>();
    }
}
