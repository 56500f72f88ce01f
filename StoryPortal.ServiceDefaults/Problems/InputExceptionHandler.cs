using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace StoryPortal.ServiceDefaults.Problems;

/// <summary>Answers what a caller got wrong; anything else is left to the handlers behind it.</summary>
internal sealed class InputExceptionHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case InputException input:
                if (input.Header is { } header)
                {
                    context.Response.Headers[header.Name] = header.Value;
                }

                return await WriteAsync(context, input, input.StatusCode, input.Errors);

            case BadHttpRequestException bad:
                return await WriteAsync(context, bad, bad.StatusCode, ErrorsOf(context, bad));

            // The caller left: nobody reads an answer, and it is no error of ours.
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                return true;

            default:
                return false;
        }
    }

    private ValueTask<bool> WriteAsync(HttpContext context, Exception exception, int status, IDictionary<string, string[]> errors)
    {
        context.Response.StatusCode = status;
        return problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            Exception = exception,
            ProblemDetails = new HttpValidationProblemDetails(errors)
            {
                Status = status,
                Title = status == StatusCodes.Status400BadRequest ? "The request is not valid." : null,
                Detail = string.Join(" ", errors.Take(3).Select(error => $"{error.Key}: {error.Value[0]}")),
            },
        });
    }

    // The exception names no parameter: the endpoint's metadata says which there are, and the request which of them cannot be parsed.
    private static Dictionary<string, string[]> ErrorsOf(HttpContext context, BadHttpRequestException exception)
    {
        if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return new() { ["body"] = ["is larger than this endpoint takes."] };
        }

        var failed = context.Features.Get<IExceptionHandlerFeature>();
        foreach (var parameter in failed?.Endpoint?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>() ?? [])
        {
            var text = failed!.RouteValues?[parameter.Name] as string ?? context.Request.Query[parameter.Name].FirstOrDefault();
            var type = parameter.ParameterInfo.ParameterType;
            if (text is not null && !(text.Length == 0 && parameter.IsOptional) && Expected(Nullable.GetUnderlyingType(type) ?? type, text) is { } expected)
            {
                return new() { [parameter.Name] = [$"'{text}' is not {expected}."] };
            }
        }

        return new() { ["request"] = [exception.Message] };
    }

    // What a value of the type would be, or null where the text is one.
    private static string? Expected(Type type, string text) => type switch
    {
        _ when type == typeof(Guid) => Guid.TryParse(text, out _) ? null : "a UUID",
        _ when type == typeof(int) => int.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : "a whole number",
        _ when type == typeof(long) => long.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : "a whole number",
        _ when type == typeof(double) => double.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : "a number",
        _ when type == typeof(bool) => bool.TryParse(text, out _) ? null : "true or false",
        _ => null,
    };
}
