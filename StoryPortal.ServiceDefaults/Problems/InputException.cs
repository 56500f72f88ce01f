using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Problems;

/// <summary>A request that cannot be taken as it is: answered with a problem document that names each field.</summary>
public sealed class InputException : Exception
{
    /// <summary>A request with several errors.</summary>
    public InputException(IDictionary<string, string[]> errors, int statusCode = StatusCodes.Status400BadRequest)
        : base("The request has invalid fields.")
    {
        (Errors, StatusCode) = (errors, statusCode);
    }

    /// <summary>A request with one error.</summary>
    public InputException(string field, string message, int statusCode = StatusCodes.Status400BadRequest)
        : base(message)
    {
        Errors = new Dictionary<string, string[]> { [field] = [message] };
        StatusCode = statusCode;
    }

    /// <summary>What is wrong, by field.</summary>
    public IDictionary<string, string[]> Errors { get; }

    /// <summary>The status to answer with, 400 unless something else fits better (413, 415).</summary>
    public int StatusCode { get; } = StatusCodes.Status400BadRequest;

    /// <summary>A header that the response carries, such as <c>Accept-Patch</c>; null: none.</summary>
    public (string Name, string Value)? Header { get; init; }
}
