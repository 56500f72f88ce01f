using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace StoryPortal.ServiceDefaults.Problems;

/// <summary>
/// Writes a problem for a caller who accepts neither JSON nor problem documents, such as one who asks for NDJSON or an event stream. The framework's
/// own writer would leave the answer empty; what went wrong is worth more than the header.
/// </summary>
internal sealed class UnaskedProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        context.HttpContext.Request.Headers.Remove(HeaderNames.Accept);
        var writers = context.HttpContext.RequestServices.GetServices<IProblemDetailsWriter>();
        return writers.First(writer => writer != this && writer.CanWrite(context)).WriteAsync(context);
    }
}
