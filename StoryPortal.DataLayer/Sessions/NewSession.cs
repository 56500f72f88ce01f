using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>A session as a client begins it.</summary>
public sealed record NewSession
{
    /// <summary>Its id; a UUIDv7 is made when there is none.</summary>
    public Guid? Id { get; init; }

    /// <summary>The agent that works in it; it need not be known yet.</summary>
    public Guid? AgentId { get; init; }

    /// <summary>The user it is for, 1 to 200 characters.</summary>
    [MaxLength(200)]
    public string? UserId { get; init; }

    /// <summary>Its kind, 1 to 100 characters, such as <c>chat</c>.</summary>
    [Required, MaxLength(100)]
    public string? Type { get; init; }

    /// <summary>What is known in it: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Context { get; init; }

    /// <summary>Notes what is wrong and returns the session to store.</summary>
    public Session Validate(InputErrors errors, DateTimeOffset now)
    {
        errors.Given("user_id", UserId, 200);
        return new Session
        {
            Id = Id ?? Guid.CreateVersion7(now),
            AgentId = AgentId,
            UserId = UserId,
            Type = errors.Required("type", Type, 100),
            IsActive = true,
            Context = errors.JsonObject("context", Context),
            CreatedAt = now,
            UpdatedAt = now,
        };
    }
}
