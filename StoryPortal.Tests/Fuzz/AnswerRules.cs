using System.Net;
using System.Text.Json;

namespace StoryPortal.Tests.Fuzz;

/// <summary>What holds for every answer, whatever was asked.</summary>
internal static class AnswerRules
{
    /// <summary>Why an answer is none that the product may give, or null.</summary>
    public static async Task<string?> BreachAsync(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        if (!response.Headers.Contains("X-Request-Id"))
        {
            return $"{status} was not answered by the product, or not to the end";
        }

        if (status >= 500)
        {
            return $"{status}: {await response.Content.ReadAsStringAsync()}";
        }

        if (response.RequestMessage!.Method == HttpMethod.Head || mediaType == "text/event-stream")
        {
            return null;
        }

        var body = await response.Content.ReadAsByteArrayAsync();
        if (mediaType is not ("application/json" or "application/problem+json"))
        {
            return status >= 400 ? $"{status} is no problem document but {mediaType ?? "empty"}" : null;
        }

        JsonElement answer;
        try
        {
            answer = JsonElement.Parse(body);
        }
        catch (JsonException exception)
        {
            return $"{status} is not JSON: {exception.Message}";
        }

        if (status >= 400)
        {
            return mediaType != "application/problem+json" ? $"{status} is {mediaType}" : Breach(status, answer);
        }

        // A batch has an answer to each of its requests.
        return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("results", out var results) && results.ValueKind == JsonValueKind.Array
            ? results.EnumerateArray().Select(BreachOfPart).FirstOrDefault(breach => breach is not null)
            : null;
    }

    private static string? BreachOfPart(JsonElement result)
    {
        var (status, body) = (result.GetProperty("status").GetInt32(), result.GetProperty("body"));
        return status >= 500 ? $"a part of the batch: {result}"
            : status >= 400 && body.ValueKind != JsonValueKind.Null && Breach(status, body) is { } breach ? $"a part of the batch: {breach}"
            : null;
    }

    private static string? Breach(int status, JsonElement problem)
    {
        foreach (var field in (string[])["title", "detail", "trace_id"])
        {
            if (!problem.TryGetProperty(field, out var text) || string.IsNullOrWhiteSpace(text.GetString()))
            {
                return $"{status} has no {field}: {problem}";
            }
        }

        if (problem.GetProperty("status").GetInt32() != status)
        {
            return $"{status} says that it is {problem}";
        }

        // 400 names the field, the parameter or the line, and says what to do about it.
        return status == (int)HttpStatusCode.BadRequest
            && (!problem.TryGetProperty("errors", out var errors) || !errors.EnumerateObject().Any() || errors.EnumerateObject().Any(IsVague))
                ? $"400 does not say what is wrong: {problem}"
                : null;
    }

    private static bool IsVague(JsonProperty error) =>
        error.Name.Length == 0 || error.Value.GetArrayLength() == 0
        || error.Value.EnumerateArray().Any(message => string.IsNullOrWhiteSpace(message.GetString()) || message.GetString()!.Contains("StoryPortal.", StringComparison.Ordinal) || message.GetString()!.Contains("System.", StringComparison.Ordinal));
}
