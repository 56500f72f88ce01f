using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Adds method and route template to the measurement of each request: the first step of the pipeline of a process that is no gateway.</summary>
internal sealed class RequestTagsMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            context.SetRequestTags(RouteTemplate.Of(context));
        }
    }
}
