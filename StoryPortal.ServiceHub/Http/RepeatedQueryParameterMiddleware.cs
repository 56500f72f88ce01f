using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Refuses a query parameter that is given more than once: parameter binding would join the values to <c>a,b</c>, and every parameter takes one.</summary>
internal sealed class RepeatedQueryParameterMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.QueryString.HasValue && context.GetEndpoint() is not null)
        {
            var errors = new InputErrors();
            foreach (var (name, values) in context.Request.Query)
            {
                if (values.Count > 1)
                {
                    errors.Add(name, $"is given {values.Count} times; one value is taken.");
                }
            }

            errors.ThrowIfAny();
        }

        return next(context);
    }
}
