using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Problems;

/// <summary>Answers what a caller got wrong; anything else is left to the handlers behind it.</summary>
internal sealed partial class InputExceptionHandler(IProblemDetailsService problems) : IExceptionHandler
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
                return await WriteAsync(context, bad, bad.StatusCode, ErrorsOf(bad));

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

    private static Dictionary<string, string[]> ErrorsOf(BadHttpRequestException exception)
    {
        if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return new() { ["body"] = ["is larger than this endpoint takes."] };
        }

        // ASP.NET Core tells which parameter failed to bind only in its message: 'Failed to bind parameter "Guid id" from "x".'
        var binding = FailedBinding().Match(exception.Message);
        return binding.Success
            ? new() { [binding.Groups["name"].Value] = [$"'{binding.Groups["value"].Value}' is not {Expected(binding.Groups["type"].Value)}."] }
            : new() { ["request"] = [exception.Message] };
    }

    private static string Expected(string type) => type switch
    {
        _ when type.Contains("Guid", StringComparison.Ordinal) => "a UUID",
        _ when type.Contains("Int", StringComparison.Ordinal) || type.Contains("int", StringComparison.Ordinal) => "a whole number",
        _ when type.Contains("DateTime", StringComparison.Ordinal) => "a time of RFC 3339",
        _ when type.Contains("bool", StringComparison.OrdinalIgnoreCase) => "true or false",
        _ => "valid",
    };

    [GeneratedRegex("^Failed to bind parameter \"(?<type>.+) (?<name>[A-Za-z_]+)\" from \"(?<value>.*)\"\\.$", RegexOptions.Singleline)]
    private static partial Regex FailedBinding();
}
