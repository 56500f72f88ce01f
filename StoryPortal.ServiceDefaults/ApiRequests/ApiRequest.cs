namespace StoryPortal.ServiceDefaults.ApiRequests;

/// <summary>One request that the gateway answered: one line of the request log. Never headers, bodies or keys.</summary>
public sealed record ApiRequest
{
    /// <summary>Characters of <see cref="Path"/> that are kept.</summary>
    public const int LongestPath = 1000;

    /// <summary>Characters of <see cref="UserAgent"/> that are kept.</summary>
    public const int LongestUserAgent = 500;

    /// <summary>Its id, made by the gateway. A request that is sent again is stored once.</summary>
    public required Guid Id { get; init; }

    /// <summary>The id that the caller finds in the answer. Kept: 200 characters.</summary>
    public required string RequestId { get; init; }

    /// <summary>When it arrived.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The HTTP method. Kept: 20 characters.</summary>
    public required string Method { get; init; }

    /// <summary>The route's template, such as <c>/v1/agents/{id}</c>. Kept: 200 characters.</summary>
    public required string Route { get; init; }

    /// <summary>The path that was asked for, without its query. Kept: 1,000 characters.</summary>
    public required string Path { get; init; }

    /// <summary>The status of the answer, 100 to 599.</summary>
    public required int StatusCode { get; init; }

    /// <summary>Milliseconds from its arrival to the last byte of the answer.</summary>
    public required double LatencyMs { get; init; }

    /// <summary>The name of the key that it was made with; null: none. Kept: 200 characters.</summary>
    public string? Consumer { get; init; }

    /// <summary>The address it came from.</summary>
    public string? ClientIp { get; init; }

    /// <summary>The program that made it, as it says itself. Kept: 500 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The id of its trace.</summary>
    public string? TraceId { get; init; }

    /// <summary>Bytes of its body.</summary>
    public long? RequestBytes { get; init; }

    /// <summary>Bytes of the answer's body.</summary>
    public long? ResponseBytes { get; init; }

    /// <summary>What the cache did for it, such as <c>HIT</c> or <c>MISS</c>.</summary>
    public string? Cache { get; init; }
}
