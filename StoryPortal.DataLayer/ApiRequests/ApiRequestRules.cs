using System.Net;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Text;

namespace StoryPortal.DataLayer.ApiRequests;

/// <summary>
/// What a logged request must be. What the gateway measured is refused when it cannot be right. What its callers chose is shortened and cleaned
/// instead: no caller can make the gateway lose the requests beside its own.
/// </summary>
public static class ApiRequestRules
{
    private const char Unstorable = '\0';
    private const char Replacement = '\uFFFD';

    /// <summary>Notes what is wrong and returns the request to store.</summary>
    public static ApiRequest Validate(this ApiRequest sent, InputErrors errors)
    {
        if (sent.StatusCode is < 100 or > 599)
        {
            errors.Add("status_code", $"is {sent.StatusCode}; 100 to 599 are taken.");
        }

        if (sent.LatencyMs is not (>= 0 and < double.PositiveInfinity))
        {
            errors.Add("latency_ms", $"is {sent.LatencyMs}; a time is not negative.");
        }

        if (sent.ClientIp is not null && !IPAddress.TryParse(sent.ClientIp, out _))
        {
            errors.Add("client_ip", "is not an IP address.");
        }

        errors.NotNegative("request_bytes", sent.RequestBytes);
        errors.NotNegative("response_bytes", sent.ResponseBytes);

        return sent with
        {
            RequestId = Storable(sent.RequestId, 200)!,
            Method = Storable(sent.Method, 20)!,
            Route = Storable(sent.Route, 200)!,
            Path = Storable(sent.Path, ApiRequest.LongestPath)!,
            Consumer = Storable(sent.Consumer, 200),
            UserAgent = Storable(sent.UserAgent, ApiRequest.LongestUserAgent),
            TraceId = Storable(sent.TraceId, 100),
            Cache = Storable(sent.Cache, 50),
        };
    }

    private static void NotNegative(this InputErrors errors, string field, long? value)
    {
        if (value < 0)
        {
            errors.Add(field, $"is {value}; a size is not negative.");
        }
    }

    private static string? Storable(string? text, int longest) => text is null ? null : CodePoints.Truncate(text, longest).Replace(Unstorable, Replacement);
}
