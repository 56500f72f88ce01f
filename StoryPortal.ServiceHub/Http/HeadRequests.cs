namespace StoryPortal.ServiceHub.Http;

/// <summary>HEAD, wherever GET is: the endpoint answers as to GET, and the server leaves out the body.</summary>
internal static class HeadRequests
{
    /// <summary>Lets endpoints see HEAD as GET. Call it before routing.</summary>
    public static void UseHeadRequests(this WebApplication app) =>
        app.Use((context, next) => HttpMethods.IsHead(context.Request.Method) ? AnswerAsync(context, next) : next(context));

    /// <summary>Whether the body of the answer will not be sent: then there is no need to make a long one.</summary>
    public static bool IsHead(this HttpContext context) => context.Features.Get<HeadRequest>() is not null;

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        context.Features.Set(new HeadRequest());
        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head; // as telemetry is to tell it
        }
    }

    private sealed class HeadRequest;
}
