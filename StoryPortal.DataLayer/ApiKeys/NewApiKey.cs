using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.ApiKeys;

/// <summary>A key as an operator asks for it.</summary>
public sealed record NewApiKey
{
    private const int MostRequestsPerMinute = 100_000_000;

    /// <summary>Whom or what it belongs to, 1 to 200 characters.</summary>
    [Required, MaxLength(200)]
    public string? Name { get; init; }

    /// <summary>Its scopes: one or more of read, write, operations, admin. Admin includes all others.</summary>
    [Required]
    public IReadOnlyList<Scope>? Scopes { get; init; }

    /// <summary>How many requests a minute it may make. Default: what the gateway is set to.</summary>
    [Range(1, MostRequestsPerMinute)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>When it ends by itself. Default: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Notes what is wrong and returns the key to store.</summary>
    public ApiKey Validate(InputErrors errors, DateTimeOffset now)
    {
        if (Scopes is null or [])
        {
            errors.Add("scopes", $"is required: one or more of {EnumText<Scope>.All}.");
        }

        if (RequestsPerMinute is < 1 or > MostRequestsPerMinute)
        {
            errors.Add("requests_per_minute", $"is {RequestsPerMinute}; 1 to {MostRequestsPerMinute} are taken.");
        }

        if (ExpiresAt <= now)
        {
            errors.Add("expires_at", "is in the past.");
        }

        return new ApiKey
        {
            Id = Guid.CreateVersion7(now),
            Name = errors.Required("name", Name, 200),
            Scopes = [.. (Scopes ?? []).Distinct().Order()],
            RequestsPerMinute = RequestsPerMinute,
            CreatedAt = now,
            ExpiresAt = ExpiresAt,
        };
    }
}
