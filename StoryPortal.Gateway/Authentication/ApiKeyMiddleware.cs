using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.Authentication;

/// <summary>
/// Lets callers in by their key, <c>X-API-Key</c> or <c>Authorization: Bearer</c>. Development takes anonymous reads; elsewhere every call needs a
/// key, except health, the start page and the documentation.
/// </summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next, IOptions<AuthenticationOptions> options, IHostEnvironment environment)
{
    private static readonly string[] OpenPaths = ["/docs", "/openapi"];

    private readonly SecretKey _admin = new(options.Value.AdminKey);

    public Task InvokeAsync(HttpContext context)
    {
        var presented = KeyHeaders.Presented(context.Request);
        if (_admin.Matches(presented) || (presented is null && IsOpen(context.Request)))
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem(
            presented is null ? $"This call needs a key: send it as {KeyHeaders.Api}." : "The key is not known.",
            statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(context);
    }

    private bool IsOpen(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        && (environment.IsDevelopment() || request.Path == "/" || OpenPaths.Any(path => request.Path.StartsWithSegments(path)));
}
