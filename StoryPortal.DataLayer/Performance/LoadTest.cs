using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Performance;

/// <summary>What a load test found.</summary>
public sealed record LoadTest
{
    /// <summary>Its id, chosen by the client or a UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Which test, such as <c>mixed</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The load generator, such as <c>k6</c>.</summary>
    public required string Tool { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Seconds that it took.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Requests that it made.</summary>
    public required long Requests { get; init; }

    /// <summary>How many of them failed.</summary>
    public required long FailedRequests { get; init; }

    /// <summary>Requests a second.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>95 of 100 requests took at most so many milliseconds.</summary>
    public required double P95Ms { get; init; }

    /// <summary>99 of 100 requests took at most so many milliseconds.</summary>
    public required double P99Ms { get; init; }

    /// <summary>What else it found: a JSON object.</summary>
    public required RawJson Details { get; init; }

    /// <summary>Targets that it missed, by name: of any API request, and of failed ones.</summary>
    public IReadOnlyList<string> Missed =>
    [
        .. Missing("http_api_p95", P95Ms),
        .. Missing("http_api_p99", P99Ms),
        .. Missing("http_failed", Requests == 0 ? 100 : 100.0 * FailedRequests / Requests),
    ];

    private static string[] Missing(string target, double value) => Slos.Get(target).IsMet(value) ? [] : [target];
}

/// <summary>What a load test found, as a client sends it.</summary>
public sealed record NewLoadTest
{
    /// <summary>Its id; a UUIDv7 is made when there is none. With an id of its own a client can send it again without storing it twice.</summary>
    public Guid? Id { get; init; }

    /// <summary>Which test, 1 to 200 characters.</summary>
    [Required, MaxLength(200)]
    public string? Name { get; init; }

    /// <summary>The load generator, 1 to 100 characters.</summary>
    [Required, MaxLength(100)]
    public string? Tool { get; init; }

    /// <summary>When it ended. Default: now.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>Seconds that it took.</summary>
    [Required, Range(0, double.MaxValue)]
    public double? DurationSeconds { get; init; }

    /// <summary>Requests that it made.</summary>
    [Required, Range(0, long.MaxValue)]
    public long? Requests { get; init; }

    /// <summary>How many of them failed.</summary>
    [Required, Range(0, long.MaxValue)]
    public long? FailedRequests { get; init; }

    /// <summary>Requests a second.</summary>
    [Required, Range(0, double.MaxValue)]
    public double? RequestsPerSecond { get; init; }

    /// <summary>95 of 100 requests took at most so many milliseconds.</summary>
    [Required, Range(0, double.MaxValue)]
    public double? P95Ms { get; init; }

    /// <summary>99 of 100 requests took at most so many milliseconds.</summary>
    [Required, Range(0, double.MaxValue)]
    public double? P99Ms { get; init; }

    /// <summary>What else it found: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Details { get; init; }

    /// <summary>Read-only, derived from the figures: the value that was read, or left out.</summary>
    public IReadOnlyList<string>? Missed { get; init; }

    /// <summary>Notes what is wrong and returns the load test to store.</summary>
    public LoadTest Validate(InputErrors errors, DateTimeOffset now)
    {
        var test = new LoadTest
        {
            Id = Id ?? Guid.CreateVersion7(now),
            Name = errors.Required("name", Name, 200),
            Tool = errors.Required("tool", Tool, 100),
            TakenAt = TakenAt ?? now,
            DurationSeconds = Number("duration_seconds", DurationSeconds),
            Requests = Count("requests", Requests),
            FailedRequests = Count("failed_requests", FailedRequests),
            RequestsPerSecond = Number("requests_per_second", RequestsPerSecond),
            P95Ms = Number("p95_ms", P95Ms),
            P99Ms = Number("p99_ms", P99Ms),
            Details = errors.JsonObject("details", Details),
        };
        if (test.FailedRequests > test.Requests)
        {
            errors.Add("failed_requests", $"is {test.FailedRequests}, of {test.Requests} requests.");
        }

        if (Missed is not null && !Missed.Order().SequenceEqual(test.Missed.Order()))
        {
            errors.Add("missed", $"is derived from the figures, and is [{string.Join(", ", test.Missed)}]; leave it out.");
        }

        return test;

        // Not by way of a double, which holds whole numbers up to 2^53 alone.
        long Count(string field, long? value)
        {
            if (value is not >= 0)
            {
                errors.Add(field, value is null ? "is required." : $"is {value}; 0 and more are taken.");
            }

            return value ?? 0;
        }

        double Number(string field, double? value)
        {
            if (value is not >= 0 || double.IsInfinity(value.Value))
            {
                errors.Add(field, value is null ? "is required." : $"is {value}; 0 and more are taken.");
            }

            return value ?? 0;
        }
    }
}
